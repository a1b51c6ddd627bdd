import { Counter, type Registry } from 'prom-client'

/** What is remembered so that it is not worked out again. */
export type CacheName =
  'verified_tokens' | 'issued_tokens' | 'bcrypt' | 'identity' | 'access_reviews'

export interface CacheMetrics {
  /** Told of each question to a memory whether it knew the answer, or somebody was finding it out. */
  readonly lookup: (cache: CacheName) => (known: boolean) => void
}

export function createCacheMetrics(registry: Registry): CacheMetrics {
  const lookups = new Counter({
    name: 'rauth_cache_lookups_total',
    help: 'Questions to what rauth remembers, by whether it knew the answer.',
    labelNames: ['cache', 'result'],
    registers: [registry],
  })
  return {
    lookup(cache) {
      const [hit, miss] = [
        lookups.labels({ cache, result: 'hit' }),
        lookups.labels({ cache, result: 'miss' }),
      ]
      // Shares of what was never asked are wanted too.
      hit.inc(0)
      miss.inc(0)
      return (known) => {
        ;(known ? hit : miss).inc()
      }
    },
  }
}
