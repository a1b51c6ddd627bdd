import { LRUCache } from 'lru-cache'
import { seriesKey, type ClusterEvent, type Series } from './cluster-event.ts'

/** A series and the Event that stands for it. */
export interface Recorded {
  series: Series
  /** Undefined: none yet. */
  name: string | undefined
  /** Whether the API server has it. */
  isMade: boolean
  /** Tries to write it that failed, in a row. */
  failures: number
}

export interface SeriesMemoryOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** After so long without another a series is over; milliseconds. */
  readonly length: number
  /** Series: the one that was told longest ago is forgotten. */
  readonly most: number
  /** Told of the key of each that is. */
  readonly onForgotten: (key: string) => void
}

/** What was told, so that the same is counted and not told anew. */
export interface SeriesMemory {
  /** The key of the series that it is one of. */
  note(event: ClusterEvent): string
  get(key: string): Recorded | undefined
}

export function createSeriesMemory(options: SeriesMemoryOptions): SeriesMemory {
  const { clock, length, most, onForgotten } = options
  const known = new LRUCache<string, Recorded>({
    max: most,
    dispose(_, key, reason) {
      if (reason === 'evict') onForgotten(key)
    },
  })
  return {
    note(event) {
      const [key, now] = [seriesKey(event), clock()]
      const before = known.get(key)
      if (before === undefined || now - before.series.last > length) {
        const series = { event, count: 1, first: now, last: now }
        known.set(key, { series, name: undefined, isMade: false, failures: 0 })
      } else {
        const { count, first } = before.series
        before.series = { event, count: count + 1, first, last: now }
      }
      return key
    },
    get: (key) => known.get(key),
  }
}
