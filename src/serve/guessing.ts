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

/**
 * The window of refused tokens, seconds. Nobody guesses a signature: this only bounds the work that bad ones make,
 * here and at an API server, and must not keep the nodes that share an address with who sends them from their pulls.
 */
const TOKEN_WINDOW = 10

/** The guard against guessing. It does not wait for Redis. */
export async function createGuarding(
  common: Common,
  sources: readonly Pick<IdentitySource, 'claims'>[],
): Promise<Guarding> {
  const { hasher, store, timer } = common
  const redis = await openRedisOf(common)
  const key = redis === undefined ? randomBytes(32) : sharedKey(common.bindingKey)

  function createGuard({ failures, perNetwork, window }: Config['guessing']) {
    const limits = { window, timer, redis }
    const names = createLimiter({ ...limits, points: failures, prefix: 'name' })
    const networks = createLimiter({ ...limits, points: perNetwork, prefix: 'network' })
    const tokens = createLimiter({
      ...limits,
      ...{ points: perNetwork, window: Math.min(window, TOKEN_WINDOW), prefix: 'token' },
    })
    const counter = createFailureCounter({
      ...{ bySource: names.limiter, byNetwork: networks.limiter, tokens: tokens.limiter, key },
    })
    const guard = createGuessGuard({
      ...{ failures: counter, networkOf, hasher, store },
      standsAlone: (secret) => sources.some(({ claims }) => claims?.(secret) === true),
    })
    return {
      guard: failures === 0 && perNetwork === 0 ? UNGUARDED : guard,
      counted: () => ({ name: names.size(), network: networks.size(), token: tokens.size() }),
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
