import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPublic, lookupPublic } from '../../../src/adapters/oidc/public-address.ts'
import { createOutbound } from '../../../src/adapters/outbound.ts'

const INTERNAL: readonly (readonly [what: string, addresses: readonly string[]])[] = [
  ['this machine', ['127.0.0.1', '127.255.255.255', '0.0.0.0', '0.1.2.3', '::1', '::']],
  ['private', ['10.1.2.3', '172.16.0.1', '172.31.0.1', '192.168.1.1', 'fd00::1', 'fc00::1']],
  ['of a provider', ['100.64.0.1', '100.127.255.255']],
  ['of the link', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0']],
  ['of a site', ['fec0::1']],
  ['for protocols', ['192.0.0.1', '192.0.0.192', '192.88.99.1', '2001:1::1', '2001:2::1']],
  ['for examples', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
  ['for measurements', ['198.18.0.1', '198.19.255.255']],
  ['for many', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', 'ff0e::1']],
  ['reserved', ['240.0.0.1', '100::1', '5f00::1', '4000::1']],
  ['IPv4 inside of IPv6', ['::ffff:10.0.0.1', '::ffff:127.0.0.1', '::ffff:169.254.169.254']],
  ['the same in hexadecimal', ['::ffff:a00:1', '0:0:0:0:0:ffff:7f00:1']],
  ['the same behind NAT64', ['64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::7f00:1']],
  ['NAT64 of a network', ['64:ff9b:1::a00:1', '64:ff9b:1::808:808', '64:ff9b::1:808:808']],
  ['the same in tunnels', ['2002:a00:1::', '2002:808:808::1', '2001::1', '2001:0:808:808::1']],
  ['the same in an old form', ['::10.0.0.1', '::8.8.8.8', '::ffff:0:10.0.0.1']],
  ['no address', ['', 'localhost', '8.8.8', '8.8.8.8/32']],
]

describe('hosts that an issuer names', () => {
  for (const [what, addresses] of INTERNAL) {
    it(`are not ${what}`, () => {
      for (const address of addresses) assert.ok(!isPublic(address), address)
    })
  }

  it('are of the internet, also as a NAT64 says it', () => {
    for (const address of [
      ...['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.1.1', '198.20.0.1', '223.255.255.255'],
      ...['2606:4700::1111', '2001:200::1', '2a00:1450::1', '::ffff:8.8.8.8'],
      ...['64:ff9b::8.8.8.8', '64:ff9b::808:808'],
    ]) {
      assert.ok(isPublic(address), address)
    }
  })

  it('are not looked up to this machine', async () => {
    const guarded = createOutbound({ timeout: 2_000, limit: 10, lookup: lookupPublic })
    const asked = guarded.request({ url: new URL('http://localhost:1/'), method: 'GET' })
    await assert.rejects(asked, /localhost has no address of the internet/)
    guarded.close()
  })
})
