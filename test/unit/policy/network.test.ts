import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { contains, networkOf, parseAddress } from '../../../src/policy/network.ts'

const isIn = (address: string, network: string) => {
  const [first = '', prefix] = network.split('/')
  const parsed = parseAddress(address)
  assert.ok(parsed, address)
  return contains(networkOf(first, Number(prefix)), parsed)
}

describe('network', () => {
  const CASES: readonly (readonly [string, string, boolean])[] = [
    ['127.0.0.1', '127.0.0.0/8', true],
    ['128.0.0.1', '127.0.0.0/8', false],
    ['::ffff:127.0.0.1', '127.0.0.0/8', true],
    ['127.0.0.1', '::ffff:127.0.0.0/104', true],
    ['128.0.0.1', '::ffff:127.0.0.0/104', false],
    ['10.0.0.5', '10.0.0.5/32', true],
    ['10.0.0.4', '10.0.0.5/32', false],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['::1', '0.0.0.0/0', false],
    ['1.2.3.4', '::/0', false],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['127.0.0.1', '::ffff:10.0.0.0/90', false],
    ['10.0.0.0', '::ffff:10.0.0.0/95', false],
    ['fd00::1', 'fd00::/8', true],
    ['FD00:0::0001', 'fd00::1/128', true],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['fc00::1', 'fd00::/8', false],
  ]
  for (const [address, network, expected] of CASES) {
    it(`${network} ${expected ? 'has' : 'does not have'} ${address}`, () => {
      assert.equal(isIn(address, network), expected)
    })
  }

  for (const text of [
    '',
    'unknown',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4:5',
    '[::1]',
    ':x',
    '1.2.3.4.5',
  ]) {
    it(`knows no address in ${JSON.stringify(text)}`, () => {
      assert.equal(parseAddress(text), undefined)
    })
  }

  it('has the addresses that node says', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4())
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.ipV6())
    for (const [family, triples] of [
      ['ipv4', v4],
      ['ipv6', v6],
    ] as const) {
      fc.assert(
        fc.property(triples, ([first, prefix, address]) => {
          // What is mapped is of IPv4, and so is not in what begins before all of that.
          fc.pre(!/ffff:\d+\./i.test(first) || prefix >= 96)
          const list = new BlockList()
          list.addSubnet(first, prefix, family)
          assert.equal(isIn(address, `${first}/${prefix}`), list.check(address, family))
          assert.ok(isIn(first, `${first}/${prefix}`))
        }),
      )
    }
  })
})
