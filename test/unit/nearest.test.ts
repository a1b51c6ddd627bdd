import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlip, nearest } from '../../src/nearest.ts'

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

describe('isSlip', () => {
  const CASES: readonly (readonly [word: string, known: string, slip: boolean])[] = [
    ['notaftr', 'notafter', true],
    ['notatfre', 'notafter', true],
    ['nota', 'notafter', false],
    ['action', 'actions', true],
    ['options', 'actions', false],
    ['entry', 'entries', false],
    ['x'.repeat(100_000), 'notafter', false],
  ]
  for (const [word, known, slip] of CASES) {
    it(`${word.slice(0, 20)} for ${known}: ${slip}`, () => {
      assert.equal(isSlip(word, known), slip)
    })
  }
})
