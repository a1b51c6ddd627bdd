import { setTimeout as sleep } from 'node:timers/promises'
import { withRunTimeChanges } from '../../config/changes.ts'
import type { Config } from '../../config/schema.ts'
import { shareOf } from '../../config/share.ts'
import { closeCommon, createCommon, LAST_SPANS } from '../common.ts'
import type { ConfigSource } from '../config-reloads.ts'
import { endInTime, type EndTold } from '../end-in-time.ts'
import type { Role } from '../role.ts'
import { dutiesOf, openServing, type Serving } from '../serving.ts'
import { joinPrimary, type PrimaryLink } from './link.ts'

export interface WorkerOptions {
  readonly role: Role
  /** Port of the token service, over the configured one. */
  readonly port: number | undefined
  readonly source: Pick<ConfigSource, 'parse'>
}

/** What a terminal or a supervisor sends to all processes: the primary process tells its workers what to do. */
const OF_THE_PRIMARY = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * The life of one of several workers: it has the ports, and of all that the workers have together its share. It
 * ends with the primary process, also when that is killed: Node.js sees to that.
 */
export function runWorker(options: WorkerOptions): Promise<void> {
  for (const signal of OF_THE_PRIMARY) process.on(signal, () => undefined)
  let told: EndTold = { logFormat: 'auto' }
  return endInTime(
    async () => {
      const primary = await joinPrimary()
      const { worker, config } = primary.joined
      try {
        told = { logFormat: options.source.parse(config.first).config.logFormat, worker }
        await serve(primary, options)
      } finally {
        // It alone keeps no process.
        process.channel?.unref()
      }
    },
    () => told,
  )
}

async function serve(
  { joined, shared, hasherKey, stopped, ...primary }: PrimaryLink,
  { role, port, source }: WorkerOptions,
): Promise<void> {
  const parse = (text: string) => shareOf(source.parse(text).config, joined.workers)
  const first = withRunTimeChanges('serve', parse(joined.config.first), parse(joined.config.latest))
  let serving: Serving | undefined
  const config = (): Config => serving?.current().common.config ?? first
  const common = await createCommon(first, {
    ...{ duties: dutiesOf(role, first), now: config, shared, hasherKey },
  })
  if (joined.debug) common.logs.toggleDebug()

  async function close(): Promise<void> {
    await serving?.close()
    await common.tracing?.close(LAST_SPANS)
    await closeCommon(serving?.current().common ?? common)
  }
  try {
    const opened = await openServing(common, { role, port })
    serving = opened
    const prepare = (text: string) =>
      opened.prepare(withRunTimeChanges('serve', config(), parse(text)))
    primary.follow({ common, prepare, readAgain: opened.readAgain })
    primary.serves(opened.ports(), opened.health)
    const how = await stopped
    opened.stop()
    if (how === 'after drainDelay') await sleep(config().drainDelay * 1000)
  } finally {
    await close()
  }
}
