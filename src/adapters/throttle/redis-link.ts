import { createClient } from '@redis/client'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Redacted } from '../../redacted.ts'

/** How long an answer of Redis may take, milliseconds: a client waits for it. */
const ANSWER = 250

/** Milliseconds. A connection on which nothing moves for so long is given up for another. */
const SILENCE = 5_000
const PING_INTERVAL = 2_000
const CONNECT = 2_000
/** Between two attempts to connect, at most. */
const LONGEST_PAUSE = 2_000

interface EvalOptions {
  readonly keys: string[]
  readonly arguments: string[]
}

/** What the limiter needs of a Redis client. */
export interface RedisLink {
  /** Whether it is worth asking. */
  readonly isReady: boolean
  /** Runs a script. Rejects after a moment without an answer. */
  eval(script: string, options: EvalOptions): Promise<unknown>
  /** Whether it did what it was last asked. */
  up(): boolean
  close(): void
}

/**
 * A connection to Redis that no request ever waits long for: while Redis is away or silent it is not
 * ready, and in the background it is looked for again. Each change is logged once.
 */
export function openRedis(url: Redacted<string>, log: Log): RedisLink {
  const client = createClient({
    url: url.reveal(),
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL,
    socket: {
      connectTimeout: CONNECT,
      socketTimeout: SILENCE,
      reconnectStrategy: (retries) => Math.min(100 * 2 ** Math.min(retries, 10), LONGEST_PAUSE),
    },
  })
  /** As it was last logged. */
  let up: boolean | undefined
  /** Whether an answer did not come: others would wait for theirs as long. */
  let silent = false

  function back(): void {
    silent = false
    if (up === true) return
    up = true
    log.info({}, 'failed logins are counted in Redis, together with those of other replicas')
  }
  function away(thrown: unknown): void {
    if (up === false) return
    up = false
    const error = withoutPassword(messageOf(thrown), url)
    log.warn(
      { error },
      'Redis (guessing.redis) does not answer: until it does, failed logins are counted by each replica for itself',
    )
  }
  client.on('ready', back)
  client.on('ping-interval', () => {
    if (silent) back()
  })
  client.on('error', away)
  // It fails only when the client is closed: else it tries again.
  client.connect().catch(() => undefined)

  return {
    get isReady() {
      return client.isReady && !silent
    },
    up: () => up === true,
    async eval(script, options) {
      try {
        const answer = await withinMoment(client.eval(script, options))
        back()
        return answer
      } catch (error) {
        if (error instanceof Late) silent = true
        away(error)
        throw error
      }
    },
    close() {
      client.destroy()
    },
  }
}

/** A server that does not know a command repeats in its error what came with it: here the password. */
function withoutPassword(text: string, url: Redacted<string>): string {
  const password = decodeURIComponent(new URL(url.reveal()).password)
  return password === '' ? text : text.replaceAll(password, '[redacted]')
}

/** Redis is connected and does not answer. */
class Late extends Error {}

async function withinMoment<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // After what has come meanwhile was read: it may be this process that was too busy.
      setImmediate(reject, new Late(`no answer within ${ANSWER} ms`))
    }, ANSWER)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
