import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RateLimiterRes } from 'rate-limiter-flexible'
import { BoundedLimiter } from '../../../../src/adapters/throttle/bounded-limiter.ts'

const startLimiter = (options: { readonly points?: number; readonly buckets?: number } = {}) => {
  let now = 0
  const limiter = new BoundedLimiter({
    ...{ points: 3, window: 60, buckets: 100, timer: () => now },
    ...options,
  })
  /** Milliseconds to wait; 0: a point was taken. */
  const take = async (bucket: string) => {
    try {
      await limiter.consume(bucket)
      return 0
    } catch (thrown) {
      assert.ok(thrown instanceof RateLimiterRes)
      return thrown.msBeforeNext
    }
  }
  return { limiter, take, at: (milliseconds: number) => void (now = milliseconds) }
}

describe('bounded limiter', () => {
  it('gives as many points as a window has, and says how long it lasts', async () => {
    const { take, at } = startLimiter()
    for (const expected of [0, 0, 0, 60_000]) assert.equal(await take('a'), expected)
    at(59_999)
    assert.equal(await take('a'), 1, 'what was refused does not prolong it')
    assert.equal(await take('b'), 0, 'another bucket')
    at(60_000)
    assert.equal(await take('a'), 0)
  })

  it('takes a point back, and no more than there were', async () => {
    const { limiter, take, at } = startLimiter()
    for (let i = 0; i < 5; i += 1) await take('a')
    await limiter.reward('a')
    assert.deepEqual([await take('a'), (await take('a')) > 0], [0, true])
    at(60_000)
    for (let i = 0; i < 5; i += 1) await limiter.reward('a')
    for (const expected of [0, 0, 0, 60_000]) assert.equal(await take('a'), expected)
  })

  it('keeps a bound of buckets for many more sources, and those in use', async () => {
    const { limiter, take } = startLimiter({ buckets: 1_000 })
    for (let i = 0; i < 3; i += 1) await take('busy')
    for (let i = 0; i < 200_000; i += 1) {
      await limiter.consume(String(i))
      if (i % 500 === 0) assert.equal(await take('busy'), 60_000)
    }
    assert.equal(limiter.size, 1_000)
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
    assert.ok(timers.length < 10, 'a timer for each bucket')
  })
})
