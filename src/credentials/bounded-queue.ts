export interface QueueLimits {
  /** Tasks that run at the same time. */
  readonly atOnce: number
  /** Tasks of all shares that wait for their turn. */
  readonly waiting: number
  /** Tasks of one share, running and waiting. */
  readonly perShare: number
}

/** Starts the task in its turn; `undefined`, and the task is never started: there are too many. */
export type BoundedQueue = <T>(share: string, task: () => Promise<T>) => Promise<T> | undefined

/**
 * Runs few tasks at a time, in the order in which they came. Whoever has more of them in it than a
 * share is turned away, so that no flood of one takes the place of the others.
 */
export function createBoundedQueue({ atOnce, waiting, perShare }: QueueLimits): BoundedQueue {
  const shares = new Map<string, number>()
  const turns: (() => void)[] = []
  let running = 0

  async function run<T>(share: string, taken: number, task: () => Promise<T>): Promise<T> {
    shares.set(share, taken + 1)
    // Whoever ends hands its place on.
    if (running >= atOnce) await new Promise<void>((resolve) => turns.push(resolve))
    else running += 1
    try {
      return await task()
    } finally {
      const left = (shares.get(share) ?? 1) - 1
      if (left === 0) shares.delete(share)
      else shares.set(share, left)
      const next = turns.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }

  return (share, task) => {
    const taken = shares.get(share) ?? 0
    const full = running >= atOnce && turns.length >= waiting
    return taken >= perShare || full ? undefined : run(share, taken, task)
  }
}
