import { createHmac } from 'node:crypto'
import { RateLimiterRes, type RateLimiterCompatibleAbstract } from 'rate-limiter-flexible'
import type { FailureCounter, FailureSource } from '../../credentials/guessing.ts'

/** What counts: takes a point, or gives one back. */
export type Limiter = Pick<RateLimiterCompatibleAbstract, 'consume' | 'reward'>

export interface FailureCounterOptions {
  /** Counts by network and name; `undefined`: nobody does. */
  readonly bySource: Limiter | undefined
  /** Counts by network alone. */
  readonly byNetwork: Limiter | undefined
  /** What names of buckets are hashed with: replicas that share their counts share it. */
  readonly key: Buffer
}

/** 128 bits: no two sources meet by accident, and none is searched for one that meets another. */
const NAME_LENGTH = 16

/**
 * Counts failures by source and by network. A name may be a mistyped password, and may be long, so
 * buckets go by keyed hashes: nothing of it is in memory, or in Redis.
 */
export function createFailureCounter(options: FailureCounterOptions): FailureCounter {
  const { bySource, byNetwork, key } = options

  function bucketOf(...parts: readonly string[]): string {
    const digest = createHmac('sha256', key).update(JSON.stringify(parts), 'utf8').digest()
    return digest.subarray(0, NAME_LENGTH).toString('base64url')
  }
  const sourceOf = ({ network, name }: FailureSource) => bucketOf(network, name)
  const networkOf = ({ network }: FailureSource) => bucketOf(network)

  return {
    async take(source) {
      const wait = await consume(bySource, sourceOf(source))
      if (wait > 0) return wait
      const longer = await consume(byNetwork, networkOf(source))
      if (longer > 0) await bySource?.reward(sourceOf(source))
      return longer
    },
    async giveBack(source) {
      await bySource?.reward(sourceOf(source))
      await byNetwork?.reward(networkOf(source))
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
