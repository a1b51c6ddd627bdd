import { createBoundedQueue, type BoundedQueue } from './bounded-queue.ts'

/** How many questions may wait for their turn, by those that are under way. */
const WAITING = 16

/** How many of them one share may have, waiting and under way: about half, so that others go on. */
const PER_SHARE = 8

/** For questions to a program or a server of the administrator's, so many under way at a time. */
export function createAskingQueue(atOnce: number): BoundedQueue {
  return createBoundedQueue({
    ...{ atOnce, waiting: WAITING * atOnce, perShare: PER_SHARE * atOnce },
  })
}
