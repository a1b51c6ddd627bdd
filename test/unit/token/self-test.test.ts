import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALGORITHM_NAMES } from '../../../src/token/algorithms.ts'
import { signsWhatItVerifies } from '../../../src/token/self-test.ts'
import { throwAwayKey } from '../../support/signing-keys.ts'

describe('signsWhatItVerifies', () => {
  for (const algorithm of ALGORITHM_NAMES) {
    it(`is true of a pair for ${algorithm}, and false of two halves`, async () => {
      const key = await throwAwayKey(algorithm)
      const other = await throwAwayKey(algorithm)
      assert.equal(await signsWhatItVerifies(key), true)
      assert.equal(await signsWhatItVerifies({ ...key, publicKey: other.publicKey }), false)
    })
  }

  it('is false of a key for another algorithm', async () => {
    const [one, two] = [await throwAwayKey('ES256'), await throwAwayKey('RS256')]
    assert.equal(await signsWhatItVerifies({ ...one, algorithm: 'RS256' }), false)
    assert.equal(await signsWhatItVerifies({ ...one, privateKey: two.privateKey }), false)
  })
})
