import { waitAfter, type BackoffTimes } from '../../backoff.ts'

export interface BackoffOptions extends BackoffTimes {
  /** After so long without a failure it begins with `first` again; milliseconds. */
  readonly calm: number
  /** 0 to 1. */
  readonly random: () => number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** How long to wait after a failure. */
export interface Backoff {
  /** Milliseconds. `least`: what the API server asked for. */
  next(least?: number): number
}

/** Counts the failures of one thing that is tried again and again. */
export function createBackoff({ calm, random, timer, ...times }: BackoffOptions): Backoff {
  let failures = 0
  let last = -Infinity
  return {
    next(least = 0) {
      const now = timer()
      failures = now - last > calm ? 1 : failures + 1
      const wait = waitAfter(failures, times, random(), least)
      last = now + wait
      return wait
    },
  }
}
