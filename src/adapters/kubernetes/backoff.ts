export interface BackoffOptions {
  /** Milliseconds. */
  readonly first: number
  /** Milliseconds: the most that is waited between two attempts. */
  readonly most: number
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

/**
 * Twice as long after each failure, with half of it by chance: rauths that lost the same API server don't
 * come back together.
 */
export function createBackoff({ first, most, calm, random, timer }: BackoffOptions): Backoff {
  let failures = 0
  let last = -Infinity
  return {
    next(least = 0) {
      const now = timer()
      if (now - last > calm) failures = 0
      const whole = Math.min(most, first * 2 ** failures)
      failures = Math.min(failures + 1, 30)
      const wait = Math.max(least, whole / 2) + random() * (whole / 2)
      last = now + wait
      return wait
    },
  }
}
