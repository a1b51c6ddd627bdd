import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { claimsToPayload, type ClaimSet } from '../../../src/token/claims.ts'
import { createIssuer } from '../../../src/token/issuer.ts'
import { createKeySet } from '../../../src/token/key-set.ts'
import { throwAwayKey } from '../../support/signing-keys.ts'

const CLAIMS: ClaimSet = {
  issuer: 'rauth',
  subject: 'team-ä "quoted" \u2028',
  audience: 'internal-registry.io',
  expiresAt: 1300,
  notBefore: 1000,
  issuedAt: 1000,
  id: 'id-1',
  access: [{ type: 'repository', name: 'team-a/app', actions: ['pull'] }],
  namespaces: ['team-a'],
  credentials: [{ id: 'team-a/registry-credentials', generation: 'g1' }],
}

const old = await throwAwayKey('ES256', 1000)
const young = await throwAwayKey('RS256', 2000)
const es384 = await throwAwayKey('ES384', 1000)
const edDsa = await throwAwayKey('EdDSA', 1000)

describe('createIssuer', () => {
  for (const key of [old, young, es384, edDsa]) {
    it(`signs with ${key.algorithm} what another implementation verifies`, async () => {
      const keys = createKeySet([key])
      const { token } = await createIssuer({ keys, x5c: false }).sign(CLAIMS)
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys.jwks()), {
        algorithms: [key.algorithm],
        audience: CLAIMS.audience,
        issuer: CLAIMS.issuer,
        typ: 'JWT',
        currentDate: new Date(1_100_000),
      })
      assert.deepEqual(payload, claimsToPayload(CLAIMS))
    })

    it(`names ${key.algorithm}, the type and the key in the header and nothing else`, async () => {
      const issuer = createIssuer({ keys: createKeySet([key]), x5c: false })
      const { token, keyId } = await issuer.sign(CLAIMS)
      assert.equal(keyId, key.kid)
      assert.deepEqual(decodeProtectedHeader(token), {
        alg: key.algorithm,
        typ: 'JWT',
        kid: key.kid,
      })
    })
  }

  it('carries the chain of the key when it is told to', async () => {
    const { token } = await createIssuer({ keys: createKeySet([old]), x5c: true }).sign(CLAIMS)
    assert.deepEqual(decodeProtectedHeader(token).x5c, old.chain)
  })

  it('signs with the key that is active when it signs', async () => {
    let keys = createKeySet([old])
    const current = {
      active: (at: number) => keys.active(at),
      find: (kid: string) => keys.find(kid),
      jwks: () => keys.jwks(),
    }
    const issuer = createIssuer({ keys: current, x5c: false })
    assert.equal((await issuer.sign(CLAIMS)).keyId, old.kid)
    keys = createKeySet([old, young])
    assert.equal((await issuer.sign(CLAIMS)).keyId, old.kid)
    assert.equal((await issuer.sign({ ...CLAIMS, issuedAt: young.notBefore })).keyId, young.kid)
  })

  it('puts no part of the private key into the token', async () => {
    for (const key of [old, young]) {
      const issuer = createIssuer({ keys: createKeySet([key]), x5c: true })
      const { token } = await issuer.sign(CLAIMS)
      const text = Buffer.from(token.replace('.', ''), 'base64url').toString('latin1') + token
      const { d } = key.privateKey.export({ format: 'jwk' })
      assert.ok(d !== undefined && d.length > 40)
      assert.ok(!text.includes(d) && !text.includes('PRIVATE'))
    }
  })
})
