import type { Api } from '../../adapters/kubernetes/api.ts'
import { createOutage, type Outage } from '../../adapters/kubernetes/follow/outage.ts'
import { TIMINGS } from '../../adapters/kubernetes/follow/timings.ts'
import {
  createOverview,
  type NamespaceChoice,
  type Overview,
} from '../../adapters/kubernetes/overview.ts'
import type { KubernetesMetrics } from '../../adapters/ops/metrics/kubernetes.ts'
import { isSame } from '../../config/changes.ts'
import type { Config } from '../../config/schema.ts'
import type { ControlSettings, PlanContext } from '../../control/settings.ts'
import type { Log } from '../../log.ts'
import { planningOf, settingsOf } from './planning.ts'

/** What one configuration wants of which namespaces, and how these are. Others take its place whole. */
export interface Aims {
  readonly config: Config
  readonly settings: ControlSettings
  readonly choice: NamespaceChoice
  readonly overview: Overview
  readonly planning: () => PlanContext
}

export interface AimsOptions {
  readonly api: Api
  readonly server: string
  readonly log: Log
  readonly metrics: Pick<KubernetesMetrics, 'watchEnded'>
  /** Told of each namespace of which something changed. */
  readonly onChange: (namespace: string) => void
}

/** `before`: what is followed goes on where that is the same. */
export function createAims(config: Config, options: AimsOptions, before?: Aims): Aims {
  const settings = settingsOf(config)
  const choice = choiceOf(config)
  const isKnown =
    before !== undefined &&
    isSame(before.choice, choice) &&
    isSame(before.settings.serviceAccounts, settings.serviceAccounts)
  return {
    ...{ config, settings, choice },
    overview: isKnown ? before.overview : follow(settings, choice, options),
    planning: planningOf(config, () => Date.now() / 1000),
  }
}

function choiceOf({ controller: { namespaces } }: Config): NamespaceChoice {
  const { labelSelector, except, only } = namespaces
  return { labelSelector: labelSelector === '*' ? undefined : labelSelector, except, only }
}

function follow(
  settings: ControlSettings,
  choice: NamespaceChoice,
  { api, server, log, metrics, onChange }: AimsOptions,
): Overview {
  const outages = new Map<string, Outage>()
  return createOverview({
    ...{ ...settings, choice, api, timings: TIMINGS, random: Math.random, onChange },
    timer: () => performance.now(),
    onWatchEnd: metrics.watchEnded,
    onTrouble(what, problem) {
      const outage = outages.get(what) ?? createOutage(log, { server }, what)
      outages.set(what, outage)
      outage.tell(problem)
    },
  })
}
