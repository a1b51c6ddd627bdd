import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearest } from '../../src/nearest.ts'

const KNOWN = ['issuer', 'service', 'realm', 'token.expiry']

describe('nearest', () => {
  const CASES: readonly (readonly [string, string | undefined])[] = [
    ['isuer', 'issuer'],
    ['issure', 'issuer'],
    ['ISSUER', 'issuer'],
    ['relm', 'realm'],
    ['token.expirey', 'token.expiry'],
    ['quux', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ]
  for (const [word, expected] of CASES) {
    it(`${word.slice(0, 20)} → ${String(expected)}`, () => {
      assert.equal(nearest(word, KNOWN), expected)
    })
  }
})
