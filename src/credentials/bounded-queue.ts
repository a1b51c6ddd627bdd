import { createSlots, type Leave, type SlotLimits } from '../slots.ts'

/** Starts the task in its turn; `undefined`, and the task is never started: there are too many. */
export type BoundedQueue = <T>(share: string, task: () => Promise<T>) => Promise<T> | undefined

/**
 * Runs few tasks at a time, in the order in which they came. Whoever has more of them in it than a
 * share is turned away, so that no flood of one takes the place of the others.
 */
export function createBoundedQueue(limits: SlotLimits): BoundedQueue {
  const take = createSlots(limits)

  async function run<T>(place: Promise<Leave>, task: () => Promise<T>): Promise<T> {
    const leave = await place
    try {
      return await task()
    } finally {
      leave()
    }
  }

  return (share, task) => {
    const place = take(share)
    return place && run(place, task)
  }
}
