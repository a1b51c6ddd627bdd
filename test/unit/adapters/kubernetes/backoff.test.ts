import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBackoff } from '../../../../src/adapters/kubernetes/backoff.ts'

function backoff(random: number) {
  let now = 0
  const made = createBackoff({
    ...{ first: 100, most: 1_000, calm: 5_000, random: () => random, timer: () => now },
  })
  return {
    next: (least?: number) => {
      const wait = made.next(least)
      now += wait
      return wait
    },
    pass: (time: number) => (now += time),
  }
}

describe('createBackoff', () => {
  it('doubles up to a limit, and half of it is chance', () => {
    const shortest = backoff(0)
    const longest = backoff(1)
    const waits = [100, 200, 400, 800, 1_000, 1_000]
    assert.deepEqual(
      waits.map(() => longest.next()),
      waits,
    )
    assert.deepEqual(
      waits.map(() => shortest.next()),
      waits.map((wait) => wait / 2),
    )
  })

  it('begins anew after a calm', () => {
    const { next, pass } = backoff(1)
    for (let i = 0; i < 9; i += 1) next()
    pass(4_900)
    assert.equal(next(), 1_000)
    pass(5_100)
    assert.equal(next(), 100)
  })

  it('waits no less than it was told to', () => {
    const { next } = backoff(1)
    assert.equal(next(3_000), 3_050)
  })

  it('stays within its limit for ever', () => {
    const { next } = backoff(1)
    for (let i = 0; i < 2_000; i += 1) assert.ok(next() <= 1_000)
  })
})
