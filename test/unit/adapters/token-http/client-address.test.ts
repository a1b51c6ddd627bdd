import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  createClientAddress,
  type ClientAddress,
  type ProxyNetwork,
} from '../../../../src/adapters/token-http/client-address.ts'
import { networkOf } from '../../../../src/adapters/network.ts'

const PROXIES: readonly ProxyNetwork[] = [
  { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
  { address: 'fd00::', prefix: 8, family: 'ipv6' },
]

type Asked = (peer: string | undefined, forwarded: readonly string[]) => string | undefined

/** Of a request that has this one header. */
function asked(header: string, clientAddress: ClientAddress): Asked {
  return (peer, forwarded) => {
    const client = clientAddress(peer, (name) => (name === header ? forwarded : []))
    return client.ok ? client.value : client.refusal.reason
  }
}

describe('client address', () => {
  const clientAddress = asked('x-forwarded-for', createClientAddress(PROXIES))

  const cases: readonly (readonly [string, string, readonly string[], string])[] = [
    ['no header', '10.0.0.1', [], '10.0.0.1'],
    ['an empty header', '10.0.0.1', [''], '10.0.0.1'],
    ['what the proxy added', '10.0.0.1', ['192.0.2.7'], '192.0.2.7'],
    ['not what the client made up', '10.0.0.1', ['203.0.113.1, 192.0.2.7'], '192.0.2.7'],
    ['not even a proxy that it made up', '10.0.0.1', ['10.0.0.9, 192.0.2.7'], '192.0.2.7'],
    ['what is behind another proxy', '10.0.0.1', ['192.0.2.7,10.0.0.2'], '192.0.2.7'],
    ['headers in their order', '10.0.0.1', ['203.0.113.1', '192.0.2.7'], '192.0.2.7'],
    ['a client that is a proxy itself', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['IPv6', 'fd00::1', ['2001:db8::7'], '2001:db8::7'],
    ['a proxy in mapped form', '::ffff:10.0.0.1', ['192.0.2.7'], '192.0.2.7'],
    ['a proxy with a zone', 'fd00::1%eth0', ['192.0.2.7'], '192.0.2.7'],
    ['tabs and blanks', '10.0.0.1', ['203.0.113.1 ,\t 192.0.2.7\t'], '192.0.2.7'],
    ['no more than the end of 10 kB', '10.0.0.1', [`${'9,'.repeat(5_000)}192.0.2.7`], '192.0.2.7'],
    ['an end that is too long', '10.0.0.1', [`192.0.2.7,${'1'.repeat(10_000)}`], '10.0.0.1'],
    ['unknown', '10.0.0.1', ['192.0.2.7, unknown'], '10.0.0.1'],
    ['nothing', '10.0.0.1', ['192.0.2.7,'], '10.0.0.1'],
    ['a port', '10.0.0.1', ['192.0.2.7:1234'], '10.0.0.1'],
    ['brackets', '10.0.0.1', ['[2001:db8::7]'], '10.0.0.1'],
    ['a zone', '10.0.0.1', ['fe80::7%eth0'], '10.0.0.1'],
    ['a short form', '10.0.0.1', ['192.0.2'], '10.0.0.1'],
    ['leading zeros', '10.0.0.1', ['192.0.2.07'], '10.0.0.1'],
    ['nonsense behind another proxy', '10.0.0.1', ['nonsense, 10.0.0.2'], '10.0.0.2'],
    ['a peer that is no proxy', '192.0.2.9', ['192.0.2.7'], '192.0.2.9'],
  ]
  for (const [what, peer, forwarded, client] of cases) {
    it(`${what}: ${peer}, ${JSON.stringify(forwarded).slice(0, 60)} is ${client}`, () => {
      assert.equal(clientAddress(peer, forwarded), client)
    })
  }

  it('tells of whoever names another and is no trusted proxy', () => {
    const told: string[] = []
    const onUntrusted = (peer: string, header: string) => told.push(`${peer} ${header}`)
    const none = asked('x-forwarded-for', createClientAddress([], undefined, onUntrusted))
    const some = asked('x-forwarded-for', createClientAddress(PROXIES, undefined, onUntrusted))
    const named = { header: 'x-real-ip', position: 0 }
    const other = asked('x-real-ip', createClientAddress(PROXIES, named, onUntrusted))
    assert.equal(none('127.0.0.1', ['192.0.2.7']), '127.0.0.1')
    assert.equal(some('192.0.2.9', ['192.0.2.7']), '192.0.2.9')
    assert.equal(other('192.0.2.8', ['192.0.2.7']), '192.0.2.8')
    none('127.0.0.1', [])
    some('10.0.0.1', ['192.0.2.7'])
    assert.deepEqual(told, [
      '127.0.0.1 x-forwarded-for',
      '192.0.2.9 x-forwarded-for',
      '192.0.2.8 x-real-ip',
    ])
  })

  it('is unknown of who has left', () => {
    assert.equal(clientAddress(undefined, ['192.0.2.7']), undefined)
  })

  const header = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('10.0.0.1', 'fd00::1', 'unknown', '', '127.0.0.1, 10.0.0.1', ' , ,'),
    fc.string(),
  )
  const headers = fc.array(fc.array(header).map((hops) => hops.join(', ')))

  it('is the peer that is no proxy, whatever it sends', () => {
    const stranger = fc
      .oneof(fc.ipV4(), fc.ipV6())
      .filter((address) => !/^10\.|^(::ffff:|fd)|^0*:.*ffff/i.test(address))
    fc.assert(
      fc.property(stranger, headers, (peer, forwarded) => {
        for (const resolve of [clientAddress, asked('x-forwarded-for', createClientAddress([]))]) {
          assert.equal(networkOf(resolve(peer, forwarded) ?? ''), networkOf(peer))
        }
      }),
    )
  })

  it('behind a proxy is who that proxy names, whatever comes before', () => {
    fc.assert(
      fc.property(headers, (forged) => {
        assert.equal(clientAddress('10.0.0.1', [...forged, '192.0.2.7']), '192.0.2.7')
      }),
    )
  })
})

describe('client address in another header', () => {
  const missing = 'client_address_missing'
  const cases: readonly (readonly [string, number, string, readonly string[], string])[] = [
    ['the first', 0, '10.0.0.1', ['192.0.2.7, 192.0.2.8'], '192.0.2.7'],
    ['the second', 1, '10.0.0.1', ['192.0.2.7, 192.0.2.8'], '192.0.2.8'],
    ['the last', -1, '10.0.0.1', ['192.0.2.7,192.0.2.8'], '192.0.2.8'],
    ['the last of several headers', -1, '10.0.0.1', ['192.0.2.7', '192.0.2.8'], '192.0.2.8'],
    ['before the first', -9, '10.0.0.1', ['192.0.2.7,192.0.2.8'], '192.0.2.7'],
    ['behind the last', 2, '10.0.0.1', ['192.0.2.7,192.0.2.8'], missing],
    ['a proxy’s own, too', 0, '10.0.0.1', ['10.0.0.9'], '10.0.0.9'],
    ['with a port', 0, '10.0.0.1', ['192.0.2.7:80'], '192.0.2.7'],
    ['in brackets', 0, '10.0.0.1', ['[2001:db8::7]:80'], '2001:db8::7'],
    ['without brackets', 0, '10.0.0.1', ['2001:db8::7'], '2001:db8::7'],
    ['a zone', 0, '10.0.0.1', ['fe80::7%eth0'], missing],
    ['nothing', 0, '10.0.0.1', [], missing],
    ['empty', -1, '10.0.0.1', ['192.0.2.7,'], missing],
    ['no address', 0, '10.0.0.1', ['unknown'], missing],
    ['too long', 0, '10.0.0.1', ['192.0.2.7,'.repeat(1_000)], missing],
    ['a peer that is no proxy', 0, '192.0.2.9', ['192.0.2.7'], '192.0.2.9'],
  ]
  for (const [what, position, peer, values, client] of cases) {
    it(`${what}: ${JSON.stringify(values).slice(0, 60)} at ${position} is ${client}`, () => {
      const named = createClientAddress(PROXIES, { header: 'x-real-ip', position })
      assert.equal(asked('x-real-ip', named)(peer, values), client)
    })
  }

  it('is not looked for in X-Forwarded-For', () => {
    const named = createClientAddress(PROXIES, { header: 'x-real-ip', position: 0 })
    assert.equal(asked('x-forwarded-for', named)('10.0.0.1', ['192.0.2.7']), missing)
  })
})
