import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { discoveryDocument, jwksUri } from '../../../../src/adapters/token-http/discovery.ts'
import { createKeySet } from '../../../../src/token/key-set.ts'
import { throwAwayKey } from '../../../support/signing-keys.ts'

const REALM = 'https://registry.example/token'

describe('discoveryDocument', () => {
  it('says whose tokens, where the keys are and which algorithms they have', async () => {
    const keys = createKeySet([
      await throwAwayKey('ES256', 1),
      await throwAwayKey('EdDSA', 2),
      await throwAwayKey('ES256', 3),
    ])
    assert.deepEqual(discoveryDocument({ issuer: 'rauth', realm: REALM, jwks: keys.jwks() }), {
      issuer: 'rauth',
      jwks_uri: 'https://registry.example/jwks.json',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'EdDSA'],
    })
  })
})

describe('jwksUri', () => {
  for (const [realm, wanted] of [
    ['https://registry.example/token', 'https://registry.example/jwks.json'],
    ['https://registry.example:8443/rauth/token', 'https://registry.example:8443/rauth/jwks.json'],
    ['http://localhost:5080/auth', 'http://localhost:5080/jwks.json'],
    ['http://[::1]:5080', 'http://[::1]:5080/jwks.json'],
    ['https://registry.example/a/b/', 'https://registry.example/a/b/jwks.json'],
  ] as const) {
    it(`is beside ${realm}`, () => {
      assert.equal(jwksUri(realm), wanted)
    })
  }
})
