import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config/schema.ts'
import { RauthError } from '../../errors.ts'
import { createAims, type Aims, type AimsOptions } from './aims.ts'

/** How often is looked whether all was read, milliseconds. */
const PAUSE = 20

/** How long all that another configuration is about may take to be read, milliseconds. */
export const READ_LIMIT = 30_000

/** The aims that count, and how others take their place. */
export interface Aiming {
  readonly current: () => Aims
  /**
   * Puts another configuration in force, once all that it is about was read: what is under way ends by that of
   * before. Rejects where it can't be read, and changes nothing.
   */
  change(next: Config): Promise<void>
  /** Nothing is followed any more, and nothing waited for. */
  close(): void
}

export function createAiming(config: Config, options: AimsOptions): Aiming {
  const stop = new AbortController()
  let current = createAims(config, options)

  return {
    current: () => current,
    async change(next) {
      let counts = false
      const onChange = (namespace: string) => {
        if (counts) options.onChange(namespace)
      }
      const before = current
      const aims = createAims(next, { ...options, onChange }, before)
      const isFollowed = aims.overview === before.overview
      if (!isFollowed) {
        try {
          await untilRead(aims, {
            ...{ ...options, signal: stop.signal },
            ...{ limit: READ_LIMIT, giveUp: true },
          })
        } catch (error) {
          aims.overview.close()
          throw error
        }
      }
      const names = new Set([...before.overview.names(), ...aims.overview.names()])
      current = aims
      counts = true
      if (!isFollowed) before.overview.close()
      for (const name of names) options.onChange(name)
    },
    close() {
      stop.abort()
      current.overview.close()
    },
  }
}

/** Resolves once all that the aims are about was read; rejects with ERR_UNREACHABLE. */
export async function untilRead(
  { overview }: Pick<Aims, 'overview'>,
  { server, limit, giveUp = false, signal }: UntilReadOptions,
): Promise<void> {
  const end = performance.now() + limit
  while (!overview.synced()) {
    const problem = overview.problem()
    if (giveUp && problem !== undefined) {
      const message = `what it is about cannot be read of ${server}: ${problem}`
      throw new RauthError('ERR_UNREACHABLE', message)
    }
    if (performance.now() > end) {
      const why = problem ?? 'it does not answer'
      const message = `${server} was not read within ${limit / 1000} s: ${why}`
      throw new RauthError('ERR_UNREACHABLE', message)
    }
    await sleep(PAUSE, undefined, { signal })
  }
}

export interface UntilReadOptions {
  readonly server: string
  /** Milliseconds. */
  readonly limit: number
  /** Whether the first thing that fails ends it. */
  readonly giveUp?: boolean
  readonly signal?: AbortSignal
}
