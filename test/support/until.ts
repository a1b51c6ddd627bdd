import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How long after a look the next one follows, milliseconds: what is there soon is seen at once, and what takes
 * long is not made longer by thousands of looks.
 */
const PAUSE = { first: 10, last: 50 }
/** Of the time that has gone by. */
const SHARE = 0.02

/** Waits until it is so, and fails after `limit`; gives the time that took. Milliseconds. */
export async function until(
  what: string,
  limit: number,
  wanted: () => boolean | Promise<boolean>,
): Promise<number> {
  const begin = performance.now()
  while (!(await wanted())) {
    const gone = performance.now() - begin
    if (gone > limit) assert.fail(`${what}: not within ${limit} ms`)
    await sleep(Math.min(PAUSE.last, PAUSE.first + gone * SHARE))
  }
  return performance.now() - begin
}
