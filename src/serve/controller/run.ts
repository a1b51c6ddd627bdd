import { setTimeout as sleep } from 'node:timers/promises'
import { listenHttp, type Listener } from '../../adapters/listen.ts'
import { healthRoutes } from '../../adapters/ops/health.ts'
import { metricsRoute } from '../../adapters/ops/metrics-route.ts'
import { createOperationsServer } from '../../adapters/ops/server.ts'
import type { Config } from '../../config/schema.ts'
import { parseInstant } from '../../instant.ts'
import { isOwned, ROTATED_AT } from '../../control/marks.ts'
import { messageOf } from '../../errors.ts'
import { stopSignal } from '../signals.ts'
import { createController, type Controller } from './controller.ts'
import { controllerHealth } from './health.ts'
import { electLeader, leadAlone, type Lead } from './lead.ts'
import { openParts, type Parts } from './parts.ts'

/** Waits after failures, milliseconds. */
const BACKOFF = [1_000, 300_000] as const

/** How often is looked whether all was read, milliseconds. */
const PAUSE = 50

/** The whole life of `rauth controller`: follows the cluster, works, waits for a signal, ends. */
export async function runController(config: Config, dryRun: boolean): Promise<void> {
  // Listened to before anything is open: a signal that comes while it opens is not lost.
  const told = stopSignal()
  const stop = new AbortController()
  let controller: Controller | undefined
  const parts = await openParts(config, dryRun, (namespace) => {
    controller?.changed(namespace)
  })
  const { overview, log, metrics, planning, cluster } = parts
  process.on('SIGHUP', () => {
    log.warn(
      {},
      'SIGHUP opens the audit anew and reads no configuration: the controller reads it when it starts',
    )
  })
  const { lead, queue, namespaces } = (controller = createController({
    ...{ ...parts, api: cluster.api, backoff: BACKOFF },
  }))
  let leading: Lead | undefined
  const listener = await listen(parts, {
    running: () => !stop.signal.aborted,
    leader: () => leading?.trouble(),
  }).catch(async (error: unknown) => {
    await parts.close()
    throw error
  })
  metrics.observe({
    isLeader: () => !dryRun && leading?.isLeading() === true,
    ...{ queue, namespaces },
    oldestPassword: () => oldestPassword(parts, planning().now),
    age: () => overview.age(),
  })
  const { server, from } = cluster
  log.info({ server, from, dryRun, port: listener.port }, 'listening: works as soon as all is read')

  async function begin(): Promise<void> {
    while (!overview.synced() && !stop.signal.aborted) await sleep(PAUSE)
    if (stop.signal.aborted) return
    log.info({ namespaces: overview.names().size }, 'all is read')
    leading = dryRun ? leadAlone(lead) : electLeader(parts, lead)
  }

  const beginning = begin()
  const signal = await told
  log.info({ signal }, 'stopping')
  stop.abort()
  await beginning
  await leading?.close()
  await parts.close()
  await listener.close(0)
  log.info({}, 'stopped')
}

function listen(
  { config, log, logs, metrics, overview }: Parts,
  { running, leader }: { running: () => boolean; leader: () => string | undefined },
): Promise<Listener> {
  const server = createOperationsServer({
    routes: [
      ...healthRoutes(() => controllerHealth({ overview, logs, leader, running })),
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
function oldestPassword({ overview }: Parts, now: number): number {
  let oldest = 0
  for (const name of overview.names()) {
    const { credentials, managed } = overview.observed(name)
    if (!managed || credentials === undefined || !isOwned(credentials)) continue
    const at = parseInstant(credentials.annotations[ROTATED_AT] ?? '')
    if (at !== undefined) oldest = Math.max(oldest, now - at)
  }
  return oldest
}
