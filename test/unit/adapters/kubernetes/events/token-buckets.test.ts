import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTokenBuckets } from '../../../../../src/adapters/kubernetes/events/token-buckets.ts'

describe('createTokenBuckets', () => {
  it('lets so many at once, then one in such a time, for each thing', () => {
    let now = 0
    const buckets = createTokenBuckets({ burst: 3, every: 100, most: 9, timer: () => now })
    const take = (key: string, times: number) => {
      return Array.from({ length: times }, () => (buckets.take(key) ? 'y' : 'n')).join('')
    }
    assert.equal(take('a', 5), 'yyynn')
    assert.equal(take('b', 2), 'yy')
    now = 99
    assert.equal(take('a', 1), 'n')
    now = 100
    assert.equal(take('a', 2), 'yn')
    now = 10_000
    assert.equal(take('a', 5), 'yyynn', 'it saves no more than a burst')
  })

  it('forgets the thing that was asked longest ago', () => {
    const buckets = createTokenBuckets({ burst: 1, every: 100, most: 2, timer: () => 0 })
    for (const key of ['a', 'b', 'a', 'c']) buckets.take(key)
    assert.deepEqual([buckets.take('a'), buckets.take('b')], [false, true])
  })
})
