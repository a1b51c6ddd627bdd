import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** How often is looked, milliseconds. */
const PAUSE = 10

/** Waits until it is so, and fails after `limit`; gives the time that took. Milliseconds. */
export async function until(
  what: string,
  limit: number,
  wanted: () => boolean | Promise<boolean>,
): Promise<number> {
  const begin = performance.now()
  while (!(await wanted())) {
    if (performance.now() - begin > limit) assert.fail(`${what}: not within ${limit} ms`)
    await sleep(PAUSE)
  }
  return performance.now() - begin
}
