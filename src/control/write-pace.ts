/** How often something may be written that others keep changing back. */
export interface WritePace {
  /** It was written at a time. Gives when it may be again, by the same clock: milliseconds. */
  wrote(key: string, now: number): number
  remove(key: string): void
}

export interface PaceOptions {
  /** So many writes at once. */
  readonly burst: number
  /** Then one in so many milliseconds. */
  readonly every: number
}

/**
 * A bucket for each key: whoever writes it now and then never waits. Two who disagree about an object, such as
 * a program that holds to another version of it, would else write as fast as the API server answers, for ever.
 */
export function createWritePace({ burst, every }: PaceOptions): WritePace {
  /** When the bucket of each is full again; without: it is. */
  const fullAt = new Map<string, number>()

  return {
    wrote(key, now) {
      const full = Math.max(now, fullAt.get(key) ?? 0) + every
      // In the order of their last write, so those at the front are full for the longest time.
      fullAt.delete(key)
      for (const [other, at] of fullAt) {
        if (at > now) break
        fullAt.delete(other)
      }
      fullAt.set(key, full)
      return Math.max(now, full - (burst - 1) * every)
    },
    remove(key) {
      fullAt.delete(key)
    },
  }
}
