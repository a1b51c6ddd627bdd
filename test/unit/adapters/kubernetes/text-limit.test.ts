import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginningOf } from '../../../../src/adapters/kubernetes/text-limit.ts'

describe('beginningOf', () => {
  it('is 4096 bytes at most, of as many parts as it takes', () => {
    const parts = [1_000, 3_000, 500, 70_000].map((size, i) => Buffer.alloc(size, `${i}`))
    assert.equal(beginningOf(parts), '0'.repeat(1_000) + '1'.repeat(3_000) + '2'.repeat(96))
    assert.equal(beginningOf([Buffer.from('short')]), 'short')
    assert.equal(beginningOf([]), '')
  })
})
