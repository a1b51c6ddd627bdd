import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hasRepeatedKey } from '../../../../src/credentials/secret/json-keys.ts'

describe('hasRepeatedKey', () => {
  for (const json of [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"b":{"a":1,"c":[],"a":2}}]',
    '{"a" : {"b":1} , "a":2}',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
  ]) {
    it(`finds it in ${json}`, () => {
      JSON.parse(json)
      assert.equal(hasRepeatedKey(json), true)
    })
  }

  for (const json of [
    '{}',
    '"a"',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":1}},"b":"a"}',
    '{"a":"\\"a\\":","b":"{\\"a\\":1"}',
    '{"a":["a","a"],"A":1}',
  ]) {
    it(`finds none in ${json}`, () => {
      JSON.parse(json)
      assert.equal(hasRepeatedKey(json), false)
    })
  }

  it('finds none in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        assert.equal(hasRepeatedKey(JSON.stringify(JSON.parse(json))), false)
      }),
    )
  })
})
