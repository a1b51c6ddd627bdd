import { RateLimiterRedis } from 'rate-limiter-flexible'
import { BoundedLimiter } from './bounded-limiter.ts'
import type { Limiter } from './failure-counter.ts'
import type { RedisLink } from './redis-link.ts'

export interface LimiterOptions {
  /** Failures in a window; 0: they are not counted. */
  readonly points: number
  /** Seconds. */
  readonly window: number
  /** Milliseconds of a clock that never jumps. */
  readonly timer: () => number
  /** Where replicas count together; `undefined`: each for itself. */
  readonly redis: RedisLink | undefined
  /** What the keys in Redis begin with. */
  readonly prefix: string
}

/**
 * Most buckets that a process keeps, of each kind. To have one dropped takes as many failures of others,
 * of which each network has only so many.
 */
const BUCKETS = 50_000

/** What {@link BoundedLimiter} does, in one step for all who count. */
const COUNT = `
local had = tonumber(redis.call('get', KEYS[1]) or '0')
local left = redis.call('pttl', KEYS[1])
if left <= 0 then left = 1000 * tonumber(ARGV[2]) end
local wanted = had + tonumber(ARGV[1])
if wanted > tonumber(ARGV[3]) then return {wanted, left} end
if wanted <= 0 then
  redis.call('del', KEYS[1])
  return {0, left}
end
redis.call('set', KEYS[1], wanted, 'PX', left)
return {wanted, left}
`

export interface OpenLimiter {
  /** `undefined`: nothing is counted. */
  readonly limiter: Limiter | undefined
  /** Buckets in the memory of this process. */
  readonly size: () => number
}

/** Counts in Redis if there is one, and in memory else and whenever Redis is away. */
export function createLimiter(options: LimiterOptions): OpenLimiter {
  const { points, window, timer, redis, prefix } = options
  if (points === 0) return { limiter: undefined, size: () => 0 }
  const memory = new BoundedLimiter({ points, window, buckets: BUCKETS, timer })
  const size = () => memory.size
  if (redis === undefined) return { limiter: memory, size }
  const limiter = new RateLimiterRedis({
    ...{ points, duration: window, keyPrefix: `rauth:failures:${prefix}` },
    ...{ storeClient: redis, useRedisPackage: true, rejectIfRedisNotReady: true },
    ...{ customIncrTtlLuaScript: COUNT, insuranceLimiter: memory },
  })
  return { limiter, size }
}
