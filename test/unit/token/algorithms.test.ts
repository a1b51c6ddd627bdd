import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALGORITHM_NAMES, algorithmFacts } from '../../../src/token/algorithms.ts'
import { compactJws, throwAwayKey } from '../../support/signing-keys.ts'

describe('algorithms', () => {
  it('are these four and no other', () => {
    assert.deepEqual(ALGORITHM_NAMES, ['ES256', 'ES384', 'RS256', 'EdDSA'])
  })

  for (const algorithm of ALGORITHM_NAMES) {
    const facts = algorithmFacts(algorithm)

    it(`${algorithm} describes its keys as node:crypto does`, async () => {
      const { privateKey } = await throwAwayKey(algorithm)
      assert.equal(privateKey.asymmetricKeyType, facts.key.type)
      assert.equal(privateKey.asymmetricKeyDetails?.namedCurve, facts.key.curve)
      assert.equal(privateKey.asymmetricKeyDetails?.modulusLength, facts.key.minimumBits)
    })

    it(`${algorithm} hashes alike everywhere`, () => {
      const hash = facts.certificate.hash?.replace('SHA-', 'sha') ?? null
      assert.equal(facts.digest, hash)
      assert.equal(facts.certificate.name, facts.generate.name)
    })

    if (facts.signatureLength !== undefined) {
      it(`${algorithm} fixes the length of a signature, which every one has`, async () => {
        const key = await throwAwayKey(algorithm)
        for (let i = 0; i < 32; i += 1) {
          const signature = compactJws(key, {}, { i }).split('.')[2]
          assert.equal(signature?.length, facts.signatureLength)
        }
      })
    }
  }

  it('leaves the length of an RS256 signature to the key', () => {
    assert.equal(algorithmFacts('RS256').signatureLength, undefined)
  })

  it('keeps from registry 2.8 what it does not verify', () => {
    const not = ALGORITHM_NAMES.filter((name) => !algorithmFacts(name).registry2)
    assert.deepEqual(not, ['EdDSA'])
  })
})
