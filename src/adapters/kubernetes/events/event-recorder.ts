import { setTimeout as sleep } from 'node:timers/promises'
import { createWorkQueue } from '../../../control/work-queue.ts'
import { messageOf } from '../../../errors.ts'
import { createTimers } from '../../timers.ts'
import { ApiRefusal } from '../api-refusal.ts'
import { objectKey, type ClusterEvent } from './cluster-event.ts'
import { createEventWriter, isFinal, isGone, type EventWriterOptions } from './event-writer.ts'
import { createSeriesMemory } from './series-memory.ts'
import { createTokenBuckets } from './token-buckets.ts'

export interface EventRecorderOptions extends Omit<EventWriterOptions, 'patience'> {
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
  /** 0 to 1. */
  readonly random: () => number
  /** Told when Events can't be written, once for all in a row, and when they can be again. */
  readonly onTrouble: (problem: string | undefined) => void
  readonly limits?: Partial<EventLimits>
}

/** Times are milliseconds. */
export interface EventLimits {
  /** Writes for one object: so many at once, then one in such a time. */
  readonly burst: number
  readonly every: number
  /** After so long without another a series is over. */
  readonly series: number
  /** Series and objects that are known, hence also Events that wait. */
  readonly most: number
  /** Waits before a write is tried again: the first and the longest. */
  readonly again: readonly [first: number, most: number]
  /** So often it is tried, then given up. */
  readonly tries: number
  /** Longest time until the API server begins to answer. */
  readonly patience: number
}

/** Those of client-go's recorders, but that less is tried again: what comes later tells of it, too. */
export const EVENT_LIMITS: EventLimits = {
  ...{ burst: 25, every: 300_000, series: 360_000, most: 4_096 },
  ...{ again: [1_000, 10_000], tries: 5, patience: 10_000 },
}

/** Writes under way at a time: one that is answered late must not keep all others waiting. */
const AT_ONCE = 4

/** Tells of objects by Events, as well as it can: nothing waits for it and nothing fails by it. */
export interface EventRecorder {
  record(event: ClusterEvent): void
  /** Takes none any more; fulfilled when those that wait are written, or after so many milliseconds. */
  close(patience: number): Promise<void>
}

/**
 * What is told again is counted in the Event that there is. Whatever goes wrong all the time costs the API server
 * no more than a few writes: what comes beyond them is counted and told with the next one. One that is not taken
 * waits for its next try beside the others, with what is known by then.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, timer, random, onTrouble } = options
  const { patience, again, tries, ...limits } = { ...EVENT_LIMITS, ...options.limits }
  const write = createEventWriter({ ...options, patience })
  const buckets = createTokenBuckets({ ...limits, timer })
  const memory = createSeriesMemory({
    ...{ clock, length: limits.series, most: limits.most },
    onForgotten: (key) => {
      queue.remove(key)
    },
  })
  const queue = createWorkQueue({
    ...{ work, backoff: again, random, timers: createTimers(timer), atOnce: AT_ONCE },
    // There are no more than series.
    most: Infinity,
    leastWait: (error) => (error instanceof ApiRefusal ? error.retryAfter : 0),
    onFailure({ error }) {
      tell(messageOf(error))
    },
  })
  let isClosed = false
  let isTroubled = false

  function tell(problem: string | undefined): void {
    if ((problem !== undefined) === isTroubled) return
    isTroubled = !isTroubled
    onTrouble(problem)
  }

  /** Rejects when it is to be tried again. */
  async function work(key: string, signal: AbortSignal): Promise<undefined> {
    const one = memory.get(key)
    if (one === undefined) return
    try {
      await write(one, signal)
      one.failures = 0
      tell(undefined)
    } catch (error) {
      if (signal.aborted || isGone(error)) return
      one.failures += 1
      if (one.failures < tries && !isFinal(error)) throw error
      one.failures = 0
      tell(messageOf(error))
    }
  }

  return {
    record(event) {
      if (isClosed) return
      const key = memory.note(event)
      if (buckets.take(objectKey(event.regarding))) queue.add(key)
    },
    async close(limit) {
      isClosed = true
      const over = new AbortController()
      const { signal } = over
      const late = sleep(limit, undefined, { signal }).catch(() => undefined)
      await Promise.race([queue.idle(), late])
      over.abort()
      await queue.close()
    },
  }
}
