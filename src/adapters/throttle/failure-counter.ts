import { createHmac } from 'node:crypto'
import { RateLimiterRes, type RateLimiterCompatibleAbstract } from 'rate-limiter-flexible'
import type { FailureCounter } from '../../credentials/guessing.ts'

/** What counts: takes a point, or gives one back. */
export type Limiter = Pick<RateLimiterCompatibleAbstract, 'consume' | 'reward'>

export interface FailureCounterOptions {
  /** Counts by network and name; `undefined`: nobody does. */
  readonly bySource: Limiter | undefined
  /** Counts by network alone. */
  readonly byNetwork: Limiter | undefined
  /** Counts tokens, by network alone. */
  readonly tokens: Limiter | undefined
  /** What names of buckets are hashed with: replicas that share their counts share it. */
  readonly key: Buffer
}

/** 128 bits: no two sources meet by accident, and none is searched for one that meets another. */
const NAME_LENGTH = 16

/**
 * Counts failures by name and by network. A name may be a mistyped password, and may be long, so
 * buckets go by keyed hashes: nothing of it is in memory, or in Redis.
 */
export function createFailureCounter(options: FailureCounterOptions): FailureCounter {
  const { bySource, byNetwork, tokens, key } = options

  function bucketOf(...parts: readonly string[]): string {
    const digest = createHmac('sha256', key).update(JSON.stringify(parts), 'utf8').digest()
    return digest.subarray(0, NAME_LENGTH).toString('base64url')
  }

  return {
    async take({ network, name }) {
      if (name === undefined) return consume(tokens, bucketOf(network))
      const wait = await consume(bySource, bucketOf(network, name))
      if (wait > 0) return wait
      const longer = await consume(byNetwork, bucketOf(network))
      if (longer > 0) await bySource?.reward(bucketOf(network, name))
      return longer
    },
    async giveBack({ network, name }) {
      if (name === undefined) {
        await tokens?.reward(bucketOf(network))
        return
      }
      await bySource?.reward(bucketOf(network, name))
      await byNetwork?.reward(bucketOf(network))
    },
  }
}

/** Takes a point; 0, or the seconds until there is another. */
async function consume(limiter: Limiter | undefined, bucket: string): Promise<number> {
  try {
    await limiter?.consume(bucket)
    return 0
  } catch (thrown) {
    // This is how the library says that there is none left.
    if (!(thrown instanceof RateLimiterRes)) throw thrown
    return Math.max(1, Math.ceil(thrown.msBeforeNext / 1000))
  }
}
