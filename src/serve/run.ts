import { setTimeout as sleep } from 'node:timers/promises'
import type { Listener } from '../adapters/listen.ts'
import type { Config } from '../config/schema.ts'
import { closeCommon, createCommon, LAST_SPANS } from './common.ts'
import type { ConfigReloads, ConfigSource } from './config-reloads.ts'
import { followConfig, tellOpenSecrets, tellReady, tellStopping, tellWarnings } from './course.ts'
import { endInTime } from './end-in-time.ts'
import { openOperations } from './operations.ts'
import type { Role } from './role.ts'
import { dutiesOf, openServing, type Serving } from './serving.ts'
import { onHangUp, stopSignal } from './signals.ts'

export interface RunOptions {
  readonly role: Role
  /** Port of the token service, over the configured one. */
  readonly port?: number | undefined
  /** To be told with those of the configuration. */
  readonly warnings?: readonly string[]
  /** From where it is read again. */
  readonly source: ConfigSource
}

/** The whole life of `rauth serve` in one process: opens the ports, waits for a signal, drains, closes. */
export function run(config: Config, options: RunOptions): Promise<void> {
  return endInTime(
    () => serve(config, options),
    () => config,
  )
}

async function serve(first: Config, options: RunOptions): Promise<void> {
  const { role, port, warnings = [], source } = options
  const hangUps = onHangUp()
  let serving: Serving | undefined
  const config = () => serving?.current().common.config ?? first
  const common = await createCommon(first, { duties: dutiesOf(role, first), now: config })
  const { log, tracing } = common
  for (const warning of warnings) log.warn({}, warning)
  tellWarnings(log, role, first)

  // Listened to before anything is open: a signal that comes while it opens is not lost.
  const told = stopSignal()
  await tellOpenSecrets(log, first)
  let operations: Listener | undefined
  let reloads: ConfigReloads | undefined

  async function open(): Promise<Serving> {
    const opened = await openServing(common, {
      ...{ role, port },
      ofConfig: { name: 'config', trouble: () => reloads?.problem() },
    })
    serving = opened
    reloads = followConfig(common, { ...source, program: 'serve', running: config, apply })
    hangUps.follow(() => {
      reloads?.request()
      opened.readAgain()
    })
    const { current, health } = opened
    operations = await openOperations({ current: () => current().common, health, role })
    return opened
  }

  async function apply(next: Config): Promise<void> {
    const before = config()
    const prepared = await serving?.prepare(next)
    prepared?.take()
    tellWarnings(log, role, next, before)
  }

  /** Ends what is open, the operations port last: it tells the cluster what is going on. */
  async function close(): Promise<void> {
    reloads?.close()
    await serving?.close()
    await tracing?.close(LAST_SPANS)
    await operations?.close(0)
    await closeCommon(serving?.current().common ?? common)
  }

  try {
    serving = await open()
  } catch (error) {
    await close()
    throw error
  }
  tellReady(common, first, { role, ports: { ...serving.ports(), operations: operations?.port } })
  tellStopping(log, await told)
  serving.stop()
  await sleep(config().drainDelay * 1000)
  await close()
  log.info({}, 'stopped')
}
