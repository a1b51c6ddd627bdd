import type { Timers } from '../control/work-queue.ts'

/** Timers of the system; `timer`: milliseconds, going forwards. */
export function createTimers(timer: () => number): Timers {
  return {
    now: timer,
    after(wait, call) {
      const handle = setTimeout(call, wait)
      return () => {
        clearTimeout(handle)
      }
    },
  }
}
