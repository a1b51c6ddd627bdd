import type { Cluster } from '../../adapters/kubernetes/cluster.ts'
import { TIMINGS } from '../../adapters/kubernetes/follow/timings.ts'
import { createOutage, type Outage } from '../../adapters/kubernetes/follow/outage.ts'
import { createOverview, type Overview } from '../../adapters/kubernetes/overview.ts'
import {
  createControllerMetrics,
  type ControllerMetrics,
} from '../../adapters/ops/controller-metrics.ts'
import { createLogger } from '../../adapters/ops/logger.ts'
import type { Config } from '../../config/schema.ts'
import type { PlanContext } from '../../control/settings.ts'
import type { Log } from '../../log.ts'
import { createClusterOnce } from '../cluster.ts'
import { planningOf, settingsOf } from './planning.ts'
import { tellInLog } from './tell.ts'
import type { Told } from './worker.ts'

/** What `rauth controller` is made of, once or for long. */
export interface Parts {
  readonly config: Config
  readonly dryRun: boolean
  readonly log: Log
  readonly metrics: ControllerMetrics
  readonly cluster: Cluster
  readonly overview: Overview
  readonly planning: () => PlanContext
  readonly told: Told
  close(): void
}

/** `onChange` is told of each namespace of which something changed. */
export async function openParts(
  config: Config,
  dryRun: boolean,
  onChange: (namespace: string) => void,
): Promise<Parts> {
  const log = createLogger(config.logLevel)
  const metrics = createControllerMetrics()
  const settings = settingsOf(config)
  const cluster = await createClusterOnce({ config, log, metrics }).open()
  const { server } = cluster
  const { labelSelector, except, only } = config.controller.namespaces
  const outages = new Map<string, Outage>()
  const overview = createOverview({
    ...{ ...settings, api: cluster.api, timings: TIMINGS, random: Math.random, onChange },
    choice: { labelSelector: labelSelector === '*' ? undefined : labelSelector, except, only },
    timer: () => performance.now(),
    onWatchEnd: metrics.watchEnded,
    onTrouble(what, problem) {
      const outage = outages.get(what) ?? createOutage(log, { server }, what)
      outages.set(what, outage)
      outage.tell(problem)
    },
  })
  const inLog = tellInLog(log, settings, dryRun)
  return {
    ...{ config, dryRun, log, metrics, cluster, overview },
    planning: planningOf(config, () => Date.now() / 1000),
    told: {
      step(namespace, step) {
        inLog.step(namespace, step)
        if (!dryRun) metrics.wrote(step.kind === 'link' ? 'service_account' : step.target, step.why)
      },
      obstacle(namespace, obstacle) {
        inLog.obstacle(namespace, obstacle)
      },
    },
    close() {
      overview.close()
      cluster.close()
    },
  }
}
