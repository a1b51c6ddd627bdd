import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { messageOf } from '../../../errors.ts'
import type { Api } from '../api.ts'
import { ApiRefusal } from '../api-refusal.ts'
import {
  eventObject,
  nameFor,
  namespaceOf,
  objectKey,
  progress,
  seriesKey,
  type ClusterEvent,
  type Reporter,
  type Series,
} from './cluster-event.ts'
import { createTokenBuckets } from './token-buckets.ts'

export interface EventRecorderOptions extends Reporter {
  readonly api: Api
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
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
  /** Series and objects that are known. */
  readonly most: number
  /** Waits before a write is tried again; after the last it is given up. */
  readonly again: readonly number[]
  /** Longest time until the API server begins to answer. */
  readonly patience: number
}

/** Those of client-go's recorders. */
export const EVENT_LIMITS: EventLimits = {
  ...{ burst: 25, every: 300_000, series: 360_000, most: 4_096 },
  ...{ again: [1_000, 10_000], patience: 10_000 },
}

/** Tells of objects by Events, as well as it can: nothing waits for it and nothing fails by it. */
export interface EventRecorder {
  record(event: ClusterEvent): void
  /** Takes none any more; fulfilled when those that wait are written, or after so many milliseconds. */
  close(patience: number): Promise<void>
}

/** A series and the Event that stands for it. */
interface Recorded {
  series: Series
  name: string
  /** Whether the API server has it. */
  isMade: boolean
}

/**
 * What is told again is counted in the Event that there is. Whatever goes wrong all the time costs the API server
 * no more than a few writes: what comes beyond them is counted and told with the next one.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { api, clock, timer, onTrouble } = options
  const { patience, ...limits } = { ...EVENT_LIMITS, ...options.limits }
  const recorded = new LRUCache<string, Recorded>({ max: limits.most })
  const buckets = createTokenBuckets({ ...limits, timer })
  /** Keys of what is to be written: each once, with what is known by then. */
  const waiting = new Set<string>()
  const stop = new AbortController()
  const { signal } = stop
  let isClosed = false
  let isTroubled = false
  let sending: Promise<void> | undefined

  function tell(problem: string | undefined): void {
    if ((problem !== undefined) === isTroubled) return
    isTroubled = !isTroubled
    onTrouble(problem)
  }

  function note(event: ClusterEvent): string {
    const [key, now] = [seriesKey(event), clock()]
    const before = recorded.get(key)
    if (before === undefined || now - before.series.last > limits.series) {
      const series = { event, count: 1, first: now, last: now }
      recorded.set(key, { series, name: nameFor(event, unique()), isMade: false })
    } else {
      const { count, first } = before.series
      before.series = { event, count: count + 1, first, last: now }
    }
    return key
  }

  async function write(one: Recorded): Promise<void> {
    const path = `/api/v1/namespaces/${namespaceOf(one.series.event)}/events`
    if (one.isMade) {
      try {
        const contentType = 'application/merge-patch+json'
        const body = progress(one.series)
        await api.send('PATCH', `${path}/${one.name}`, { body, contentType, signal, patience })
        return
      } catch (error) {
        if (!isRefused(error, 404)) throw error
        // The API server forgets Events after a while.
        one.isMade = false
        one.name = nameFor(one.series.event, unique())
      }
    }
    const body = eventObject(one.series, one.name, options)
    try {
      await api.send('POST', path, { body, signal, patience })
    } catch (error) {
      // An answer was lost.
      if (!isRefused(error, 409)) throw error
    }
    one.isMade = true
  }

  async function persist(one: Recorded): Promise<void> {
    for (const wait of [...limits.again, undefined]) {
      try {
        await write(one)
        tell(undefined)
        return
      } catch (error) {
        if (signal.aborted || isGone(error)) return
        tell(messageOf(error))
        if (wait === undefined || isFinal(error)) return
        const least = error instanceof ApiRefusal ? error.retryAfter : 0
        await sleep(Math.max(wait, least), undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async function send(): Promise<void> {
    // Not before it is known to be sending.
    await Promise.resolve()
    for (const key of waiting) {
      waiting.delete(key)
      const one = recorded.get(key)
      if (one !== undefined && !signal.aborted) await persist(one)
    }
    sending = undefined
  }

  return {
    record(event) {
      if (isClosed) return
      const key = note(event)
      if (!buckets.take(objectKey(event.regarding))) return
      waiting.add(key)
      sending ??= send()
    },
    async close(limit) {
      isClosed = true
      const late = setTimeout(() => {
        stop.abort()
      }, limit)
      await sending
      clearTimeout(late)
    },
  }
}

function unique(): string {
  return randomUUID().replaceAll('-', '')
}

function isRefused(error: unknown, status: number): boolean {
  return error instanceof ApiRefusal && error.status === status
}

/** The namespace is going, or gone: nobody will read it. */
function isGone(error: unknown): boolean {
  if (!(error instanceof ApiRefusal)) return false
  return error.status === 404 || (error.status === 403 && /being terminated/.test(error.message))
}

/** It would be refused again: a right is missing. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiRefusal && error.status < 500 && error.status !== 429
}
