import { LRUCache } from 'lru-cache'

export interface TokenBucketsOptions {
  /** So many at once. */
  readonly burst: number
  /** Then one in so many milliseconds. */
  readonly every: number
  /** Buckets: the one that was asked longest ago is forgotten. */
  readonly most: number
  /** Milliseconds, going forwards. */
  readonly timer: () => number
}

/** How often something may be done, for each of many things. */
export interface TokenBuckets {
  take(key: string): boolean
}

export function createTokenBuckets({
  burst,
  every,
  most,
  timer,
}: TokenBucketsOptions): TokenBuckets {
  const buckets = new LRUCache<string, { tokens: number; at: number }>({ max: most })
  return {
    take(key) {
      const now = timer()
      const bucket = buckets.get(key) ?? { tokens: burst, at: now }
      bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / every)
      bucket.at = now
      buckets.set(key, bucket)
      if (bucket.tokens < 1) return false
      bucket.tokens -= 1
      return true
    },
  }
}
