import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import {
  createWorkQueue,
  type Timers,
  type WorkFailure,
  type WorkQueueOptions,
} from '../../../src/control/work-queue.ts'

/** A clock that goes when it is told to. */
function fakeTimers() {
  let now = 0
  const calls = new Set<{ readonly at: number; readonly call: () => void }>()
  const timers: Timers = {
    now: () => now,
    after(wait, call) {
      assert.ok(wait >= 0 && wait < 2 ** 31, String(wait))
      const one = { at: now + wait, call }
      calls.add(one)
      return () => calls.delete(one)
    },
  }
  async function pass(milliseconds: number): Promise<void> {
    const end = now + milliseconds
    for (;;) {
      const [next] = [...calls].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      calls.delete(next)
      now = next.at
      next.call()
      await turn()
    }
    now = end
    await turn()
  }
  return { timers, pass, pending: () => calls.size }
}

/** One time that a key is worked on. */
export interface Try {
  readonly key: string
  readonly signal: AbortSignal
  readonly done: (next?: number, wrote?: boolean) => Promise<void>
  readonly fail: (error?: Error) => Promise<void>
}

/** A queue whose work ends when the test says so. */
export function startQueue(options: Partial<WorkQueueOptions> = {}) {
  const { timers, pass, pending } = fakeTimers()
  const tries: Try[] = []
  const failures: WorkFailure[] = []
  const queue = createWorkQueue({
    ...{ atOnce: 1, most: 100, backoff: [100, 1_000], timers, random: () => 1 },
    pace: { burst: 3, every: 10_000 },
    onFailure: (failure) => failures.push(failure),
    work: (key, signal) =>
      new Promise((resolve, reject) => {
        const done = (next?: number, wrote = false) => (resolve({ next, wrote }), turn())
        const fail = (error = new Error('no')) => (reject(error), turn())
        tries.push({ key, signal, done, fail })
      }),
    ...options,
  })
  const keys = () => tries.map(({ key }) => key).join('')
  const last = () => tries.at(-1) ?? assert.fail('nothing was tried')
  const add = async (...all: string[]) => {
    for (const key of all) queue.add(key)
    await turn()
  }
  return { queue, tries, failures, keys, last, add, pass, pending }
}
