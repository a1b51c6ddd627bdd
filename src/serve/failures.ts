import { createHmac, randomBytes, type KeyObject } from 'node:crypto'
import { createFailureCounter } from '../adapters/throttle/failure-counter.ts'
import { createLimiter } from '../adapters/throttle/limiters.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { RedisLink } from '../adapters/throttle/redis-link.ts'
import type { FailureCounter } from '../credentials/guessing.ts'
import type { Common } from './common.ts'
import type { GuessingNumbers } from './shared.ts'

/** Where failed logins are counted. */
export interface Failures {
  /** By these numbers. While they stay the same it is the same counter. */
  readonly of: (guessing: GuessingNumbers) => FailureCounter
  /** Of Redis, where they are counted there. */
  readonly health: readonly HealthPart[]
  /** Lets go of Redis. */
  readonly close: () => void
}

/** Numbers that are remembered: those of now and of before, which somebody may still come with. */
const KEPT = 2

/**
 * The window of refused tokens, seconds. Nobody guesses a signature: this only bounds the work that bad ones make,
 * here and at an API server, and must not keep the nodes that share an address with who sends them from their pulls.
 */
const TOKEN_WINDOW = 10

/** Counts in Redis if one is configured, which is not waited for, and else in the memory of this process. */
export async function openFailures(
  common: Pick<Common, 'config' | 'log' | 'metrics' | 'timer' | 'bindingKey'>,
): Promise<Failures> {
  const { timer, metrics } = common
  const redis = await openRedisOf(common)
  const key = redis === undefined ? randomBytes(32) : sharedKey(common.bindingKey)
  const counters = new Map<string, ReturnType<typeof create>>()

  function create({ failures, perNetwork, window }: GuessingNumbers) {
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
    return {
      counter,
      counted: () => ({ name: names.size(), network: networks.size(), token: tokens.size() }),
    }
  }

  metrics.observeFailures(
    () => [...counters.values()].at(-1)?.counted() ?? { name: 0, network: 0, token: 0 },
  )
  return {
    of(guessing) {
      const { failures, perNetwork, window } = guessing
      const name = [failures, perNetwork, window].join()
      const known = counters.get(name)
      if (known !== undefined) return known.counter
      const made = create(guessing)
      counters.set(name, made)
      const [oldest] = counters.keys()
      if (counters.size > KEPT && oldest !== undefined) counters.delete(oldest)
      return made.counter
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

async function openRedisOf({
  config,
  log,
  metrics,
}: Pick<Common, 'config' | 'log' | 'metrics'>): Promise<RedisLink | undefined> {
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
