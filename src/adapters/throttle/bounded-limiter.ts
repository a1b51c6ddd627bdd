import { LRUCache } from 'lru-cache'
import { RateLimiterCompatibleAbstract, RateLimiterRes } from 'rate-limiter-flexible'

interface Bucket {
  readonly points: number
  /** When its window is over, milliseconds of the timer. */
  readonly end: number
}

export interface BoundedLimiterOptions {
  /** Points in a window. */
  readonly points: number
  /** Seconds. */
  readonly window: number
  /** Most buckets that are kept. */
  readonly buckets: number
  /** Milliseconds of a clock that never jumps. */
  readonly timer: () => number
}

/**
 * Counts in the memory of this process, in fixed windows, as the library's own limiter does; but that
 * one keeps each bucket, and a timer for it, until its window is over, however many there are. Here
 * the bucket that was longest not used makes room.
 *
 * The points of a bucket are never more than it may have, and never less than none: what is refused
 * counts nothing, and what is given back late, in the next window, gives nobody more.
 */
export class BoundedLimiter extends RateLimiterCompatibleAbstract {
  override readonly keyPrefix = ''
  override blockDuration = 0
  override execEvenly = false
  readonly #buckets: LRUCache<string, Bucket>
  readonly #options: BoundedLimiterOptions

  constructor(options: BoundedLimiterOptions) {
    super()
    this.#options = options
    this.#buckets = new LRUCache({ max: options.buckets })
  }

  /** Buckets that are kept. */
  get size(): number {
    return this.#buckets.size
  }

  /** Rejects with the result, as the library has it, if there are not so many points left. */
  override consume(key: string, points = 1): Promise<RateLimiterRes> {
    const result = this.#add(key, points)
    // It is no error to the library.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    if (result.consumedPoints > this.#options.points) return Promise.reject(result)
    return Promise.resolve(result)
  }

  override reward(key: string, points = 1): Promise<RateLimiterRes> {
    return Promise.resolve(this.#add(key, -points))
  }

  #add(key: string, points: number): RateLimiterRes {
    const { points: most, window, timer } = this.#options
    const now = timer()
    const found = this.#buckets.get(key)
    const { points: had, end } =
      found !== undefined && found.end > now ? found : { points: 0, end: now + window * 1000 }
    const has = Math.max(had + points, 0)
    if (has === 0) this.#buckets.delete(key)
    else if (has <= most) this.#buckets.set(key, { points: has, end })
    return new RateLimiterRes(Math.max(most - has, 0), end - now, has, had === 0)
  }
}
