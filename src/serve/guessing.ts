import { createHmac, randomBytes, type KeyObject } from 'node:crypto'
import { createFailureCounter } from '../adapters/throttle/failure-counter.ts'
import { createLimiter } from '../adapters/throttle/limiters.ts'
import { networkOf } from '../adapters/network.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { RedisLink } from '../adapters/throttle/redis-link.ts'
import { createGuessGuard, UNGUARDED, type GuessGuard } from '../credentials/guessing.ts'
import { isSame } from '../config/changes.ts'
import type { Config } from '../config/schema.ts'
import type { IdentitySource } from '../credentials/source.ts'
import type { Common } from './common.ts'

export interface Guarding {
  /** With these numbers. While they stay the same it is the same guard, and counts on. */
  readonly guardOf: (guessing: Config['guessing']) => GuessGuard
  /** Of Redis, where failures are counted there. */
  readonly health: readonly HealthPart[]
  /** Lets go of Redis. */
  readonly close: () => void
}

/** The guard against guessing. It does not wait for Redis. */
export async function createGuarding(
  common: Common,
  sources: readonly Pick<IdentitySource, 'claims'>[],
): Promise<Guarding> {
  const { hasher, store, timer } = common
  const redis = await openRedisOf(common)
  const together = common.shared?.failures ?? ((_guessing, own) => own)
  const key = redis === undefined ? randomBytes(32) : sharedKey(common.bindingKey)

  function createGuard(guessing: Config['guessing']) {
    const { failures, perNetwork, window } = guessing
    const limits = { window, timer, redis }
    const names = createLimiter({ ...limits, points: failures, prefix: 'name' })
    const networks = createLimiter({ ...limits, points: perNetwork, prefix: 'network' })
    const counter = createFailureCounter({
      ...{ bySource: names.limiter, byNetwork: networks.limiter, key },
    })
    const guard = createGuessGuard({
      ...{
        failures: redis === undefined ? together(guessing, counter) : counter,
        networkOf,
        hasher,
        store,
      },
      standsAlone: (secret) => sources.some(({ claims }) => claims?.(secret) === true),
    })
    return {
      guard: failures === 0 && perNetwork === 0 ? UNGUARDED : guard,
      counted: () => ({ name: names.size(), network: networks.size() }),
    }
  }

  const { guessing: first } = common.config
  let latest = { of: first, ...createGuard(first) }
  common.metrics.observeFailures(() => latest.counted())
  return {
    guardOf(guessing) {
      if (!isSame(latest.of, guessing)) latest = { of: guessing, ...createGuard(guessing) }
      return latest.guard
    },
    health:
      redis === undefined ? [] : [{ name: 'guessing.redis', trouble: () => troubleOf(redis) }],
    close: () => redis?.close(),
  }
}

function troubleOf(redis: RedisLink): string | undefined {
  return redis.up()
    ? undefined
    : 'Redis does not answer: failed logins are counted by each replica for itself'
}

async function openRedisOf({ config, log, metrics }: Common): Promise<RedisLink | undefined> {
  const { redis: url } = config.guessing
  if (url === undefined) return undefined
  // Imported when wanted: most have no Redis.
  const { openRedis } = await import('../adapters/throttle/redis-link.ts')
  const link = openRedis(url, log)
  metrics.observeRedis(() => link.up())
  return link
}

/** Replicas share the binding key; nothing of it is seen in what is made of it. */
function sharedKey(bindingKey: KeyObject): Buffer {
  return createHmac('sha256', bindingKey).update('rauth guessing').digest()
}
