import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALGORITHM_NAMES, algorithmFacts } from '../../../src/token/algorithms.ts'
import { compactJws, throwAwayKey } from '../../support/signing-keys.ts'

describe('algorithms', () => {
  it('are ES256 and RS256 and no other', () => {
    assert.deepEqual(ALGORITHM_NAMES, ['ES256', 'RS256'])
  })

  for (const algorithm of ALGORITHM_NAMES) {
    const facts = algorithmFacts(algorithm)

    it(`${algorithm} describes its keys as node:crypto does`, async () => {
      const { privateKey } = await throwAwayKey(algorithm)
      assert.equal(privateKey.asymmetricKeyType, facts.key.type)
      assert.equal(privateKey.asymmetricKeyDetails?.namedCurve, facts.key.curve)
      assert.equal(privateKey.asymmetricKeyDetails?.modulusLength, facts.key.minimumBits)
    })

    it(`${algorithm} hashes with SHA-256 everywhere`, () => {
      assert.equal(facts.verification.digest, 'sha256')
      assert.equal(facts.certificate.hash, 'SHA-256')
      assert.equal(facts.certificate.name, facts.generate.name)
    })
  }

  it('fixes the length of an ES256 signature, which every ES256 signature has', async () => {
    const key = await throwAwayKey('ES256')
    for (let i = 0; i < 32; i += 1) {
      const signature = compactJws(key, {}, { i }).split('.')[2]
      assert.equal(signature?.length, algorithmFacts('ES256').signatureLength)
    }
  })

  it('leaves the length of an RS256 signature to the key', () => {
    assert.equal(algorithmFacts('RS256').signatureLength, undefined)
  })
})
