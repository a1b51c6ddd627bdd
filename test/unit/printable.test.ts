import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { printable } from '../../src/printable.ts'

describe('printable', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['/v2/x', 10, '/v2/x'],
    ['a b\n{"level":"info"}\u001b[2J\u202e\u00e9', 40, 'a?b?{"level":"info"}?[2J??'],
    ['abcdef', 5, 'abcde…'],
    ['', 5, ''],
  ]
  for (const [text, length, expected] of cases) {
    it(`${JSON.stringify(text)} in ${length} characters`, () => {
      assert.equal(printable(text, length), expected)
    })
  }
})
