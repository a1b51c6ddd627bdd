import type { Cluster } from '../../adapters/kubernetes/cluster.ts'
import {
  createControllerMetrics,
  type ControllerMetrics,
} from '../../adapters/ops/controller-metrics.ts'
import type { Config } from '../../config/schema.ts'
import type { Log } from '../../log.ts'
import { createClusterOnce } from '../cluster.ts'
import { openSecretsOfController } from '../open-secrets.ts'
import { followLogSignals } from '../log-signals.ts'
import { openLogs, ownTerminal, type Logs } from '../logs.ts'
import { createAiming, type Aiming } from './aiming.ts'
import { openEvents } from './events.ts'
import { settingsOf } from './planning.ts'
import { tellInLog } from './tell-log.ts'
import type { Told } from './worker.ts'

/** What `rauth controller` is made of, once or for long. */
export interface Parts {
  /** That of the start. */
  readonly config: Config
  readonly dryRun: boolean
  readonly log: Log
  readonly logs: Logs
  readonly metrics: ControllerMetrics
  readonly cluster: Cluster
  readonly aiming: Aiming
  readonly told: Told
  /** Once nobody works any more. */
  close(): Promise<void>
}

/** `onChange` is told of each namespace of which something changed. */
export async function openParts(
  config: Config,
  dryRun: boolean,
  onChange: (namespace: string) => void,
): Promise<Parts> {
  const metrics = createControllerMetrics()
  const logs = await openLogs({
    ...{ config, terminal: ownTerminal(), onLost: metrics.auditLineLost },
  })
  const { log } = logs
  const { health } = logs
  if (health !== undefined) metrics.observeAudit(() => health.trouble?.() === undefined)
  followLogSignals(logs)
  for (const line of await openSecretsOfController(config)) log.warn({}, line)
  const settings = settingsOf(config)
  const cluster = await createClusterOnce({ config, log, metrics }).open()
  const { server } = cluster
  const aiming = createAiming(config, { api: cluster.api, server, log, metrics, onChange })
  const inLog = tellInLog(log, logs.recordWrite, settings, dryRun)
  const inCluster = openEvents({
    ...{ api: cluster.api, log, settings, controller: 'rauth.dev/controller' },
  })
  return {
    ...{ config, dryRun, log, logs, metrics, cluster, aiming },
    told: {
      step(step, observed) {
        inLog.step(step, observed)
        if (dryRun) return
        inCluster.told.step(step, observed)
        metrics.wrote(step.kind === 'link' ? 'service_account' : step.target, step.why)
      },
      obstacle(observed, obstacle) {
        inLog.obstacle(observed, obstacle)
        if (!dryRun) inCluster.told.obstacle(observed, obstacle)
      },
      failed(namespace, detail) {
        inLog.failed(namespace, detail)
      },
      settled(namespace) {
        inLog.settled(namespace)
      },
    },
    async close() {
      aiming.close()
      await inCluster.close()
      cluster.close()
      await logs.close()
    },
  }
}
