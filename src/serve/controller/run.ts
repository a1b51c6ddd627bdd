import { setTimeout as sleep } from 'node:timers/promises'
import { listenHttp, type Listener } from '../../adapters/listen.ts'
import { healthRoutes } from '../../adapters/ops/health.ts'
import { metricsRoute } from '../../adapters/ops/metrics-route.ts'
import { createOperationsServer } from '../../adapters/ops/server.ts'
import type { Config } from '../../config/schema.ts'
import { parseInstant } from '../../instant.ts'
import { isOwned, ROTATED_AT } from '../../control/marks.ts'
import { messageOf } from '../../errors.ts'
import type { ConfigSource } from '../config-reloads.ts'
import { followConfig } from '../course.ts'
import { onHangUp, stopSignal } from '../signals.ts'
import { READ_LIMIT } from './aiming.ts'
import type { Aims } from './aims.ts'
import { createController, type Controller } from './controller.ts'
import { controllerHealth, type ControllerHealthOptions } from './health.ts'
import { electLeader, leadAlone, type Lead } from './lead.ts'
import { openParts, type Parts } from './parts.ts'

/** Waits after failures, milliseconds. */
const BACKOFF = [1_000, 300_000] as const

/** What putting another configuration in force may take besides reading, milliseconds. */
const LAST_MOMENTS = 10_000

/** How often is looked whether all was read, milliseconds. */
const PAUSE = 50

export interface RunControllerOptions {
  readonly dryRun: boolean
  /** From where the configuration is read again. */
  readonly source: ConfigSource
}

/** The whole life of `rauth controller`: follows the cluster, works, waits for a signal, ends. */
export async function runController(config: Config, options: RunControllerOptions): Promise<void> {
  const { dryRun, source } = options
  // Listened to before anything is open: a signal that comes while it opens is not lost.
  const hangUps = onHangUp()
  const told = stopSignal()
  const stop = new AbortController()
  let controller: Controller | undefined
  const parts = await openParts(config, dryRun, (namespace) => {
    controller?.changed(namespace)
  })
  const { aiming, log, logs, metrics, cluster } = parts
  const { current: aims } = aiming
  const { lead, queue, namespaces } = (controller = createController({
    ...{ ...parts, aims, api: cluster.api, backoff: BACKOFF },
  }))
  const reloads = followConfig(
    { log, metrics, clock: () => Date.now() / 1000, timer: () => performance.now() },
    {
      ...{ ...source, program: 'controller', running: () => aims().config },
      patience: READ_LIMIT + LAST_MOMENTS,
      async apply(next) {
        await aiming.change(next)
        logs.setLevel(next.logLevel)
      },
    },
  )
  hangUps.follow(reloads.request)
  let leading: Lead | undefined
  const listener = await listen(parts, {
    running: () => !stop.signal.aborted,
    config: reloads.problem,
    leader: () => leading?.trouble(),
  }).catch(async (error: unknown) => {
    reloads.close()
    await parts.close()
    throw error
  })
  metrics.observe({
    isLeader: () => !dryRun && leading?.isLeading() === true,
    ...{ queue, namespaces },
    oldestPassword: () => oldestPassword(aims()),
    age: () => aims().overview.age(),
  })
  const { server, from } = cluster
  log.info({ server, from, dryRun, port: listener.port }, 'listening: works as soon as all is read')

  async function begin(): Promise<void> {
    while (!aims().overview.synced() && !stop.signal.aborted) await sleep(PAUSE)
    if (stop.signal.aborted) return
    log.info({ namespaces: aims().overview.names().size }, 'all is read')
    leading = dryRun ? leadAlone(lead) : electLeader(parts, lead)
  }

  const beginning = begin()
  const signal = await told
  log.info({ signal }, 'stopping')
  stop.abort()
  reloads.close()
  await beginning
  await leading?.close()
  await parts.close()
  await listener.close(0)
  log.info({}, 'stopped')
}

function listen(
  { config, log, logs, metrics, aiming }: Parts,
  own: Pick<ControllerHealthOptions, 'running' | 'config' | 'leader'>,
): Promise<Listener> {
  const server = createOperationsServer({
    routes: [
      ...healthRoutes(() =>
        controllerHealth({ overview: aiming.current().overview, logs, ...own }),
      ),
      metricsRoute(metrics),
    ],
    onFailure(thrown) {
      log.error({ error: messageOf(thrown) }, 'an answer could not be given')
    },
  })
  return listenHttp(server, config.listen.operations, (error) => {
    log.error({ error: error.message }, 'a port failed to take a connection')
  })
}

/** Seconds. */
function oldestPassword({ overview, planning }: Aims): number {
  const { now } = planning()
  let oldest = 0
  for (const name of overview.names()) {
    const { credentials, managed } = overview.observed(name)
    if (!managed || credentials === undefined || !isOwned(credentials)) continue
    const at = parseInstant(credentials.annotations[ROTATED_AT] ?? '')
    if (at !== undefined) oldest = Math.max(oldest, now - at)
  }
  return oldest
}
