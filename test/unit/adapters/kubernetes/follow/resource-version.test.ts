import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOlder } from '../../../../../src/adapters/kubernetes/follow/resource-version.ts'

describe('isOlder', () => {
  const TABLE: readonly (readonly [one: string, other: string, older: boolean])[] = [
    ['1', '2', true],
    ['2', '1', false],
    ['2', '2', false],
    ['9', '10', true],
    ['10', '9', false],
    ['9007199254740993', '9007199254740994', true],
    ['', '1', false],
    ['1', '', false],
    ['abc', '1', false],
    ['01', '2', false],
    ['-1', '2', false],
  ]
  for (const [one, other, older] of TABLE) {
    it(`${one} is ${older ? '' : 'not '}older than ${other}`, () => {
      assert.equal(isOlder(one, other), older)
    })
  }
})
