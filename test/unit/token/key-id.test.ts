import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasAmbiguousKeyId } from '../../../src/token/key-id.ts'

describe('hasAmbiguousKeyId', () => {
  const coordinates: readonly (readonly [string | undefined, boolean])[] = [
    ['AAEC', true],
    ['AP__', true],
    ['AQAA', false],
    ['_wAA', false],
    ['', false],
    [undefined, false],
  ]
  for (const [coordinate, ambiguous] of coordinates) {
    it(`is ${String(ambiguous)} of a key with the coordinate ${String(coordinate)}`, () => {
      assert.equal(hasAmbiguousKeyId({ x: coordinate, y: 'AQAA' }), ambiguous)
      assert.equal(hasAmbiguousKeyId({ x: 'AQAA', y: coordinate }), ambiguous)
    })
  }

  it('is false of an Ed25519 key, whose coordinate no registry changes', () => {
    assert.equal(hasAmbiguousKeyId({ crv: 'Ed25519', x: 'AAEC' }), false)
  })
})
