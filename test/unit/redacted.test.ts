import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { format, inspect } from 'node:util'
import { Redacted } from '../../src/redacted.ts'

describe('Redacted', () => {
  const secret = new Redacted('canary')
  const PRINTED: readonly (readonly [string, string])[] = [
    ['template', `it is ${secret as unknown as string}`],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ secret }, { depth: 9, showHidden: true })],
    ['format', format('%s %o %j', secret, secret, secret)],
    ['keys', JSON.stringify(Object.entries(secret))],
    ['error', String(new Error(String(secret)))],
  ]
  for (const [way, text] of PRINTED) {
    it(`does not print itself: ${way}`, () => {
      assert.doesNotMatch(text, /canary/)
    })
  }

  it('gives its value to whoever asks for it by name', () => {
    assert.equal(secret.reveal(), 'canary')
  })
})
