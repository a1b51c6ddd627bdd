import type { ConfigMetrics } from '../adapters/ops/metrics/config.ts'
import type { ReloadMetrics } from '../adapters/ops/metrics/reloads.ts'
import type { Config } from '../config/schema.ts'
import { warningsOf } from '../config/warnings.ts'
import type { Log } from '../log.ts'
import type { Common } from './common.ts'
import {
  createConfigReloads,
  type ConfigReloads,
  type ConfigReloadsOptions,
} from './config-reloads.ts'
import { openSecrets } from './open-secrets.ts'
import { LISTENERS, type Role } from './role.ts'

/** What programs that run for long do in the course of their lives, in one process or several. */

/** Reads the configuration again from now on, and tells of it in the metrics. */
export function followConfig(
  {
    log,
    clock,
    timer,
    metrics,
  }: Pick<Common, 'log' | 'clock' | 'timer'> & {
    readonly metrics: ConfigMetrics & ReloadMetrics
  },
  options: Omit<ConfigReloadsOptions, 'log' | 'clock' | 'timer' | 'onFailure'>,
): ConfigReloads {
  const reloads = createConfigReloads({
    ...{ ...options, log, clock, timer },
    onFailure: metrics.configReloadFailed,
  })
  metrics.observeReload('configuration', reloads.refused)
  metrics.observeConfig({ at: reloads.takenAt, waiting: () => reloads.waiting().length })
  return reloads
}

/** Logs what should be known of a configuration; of one in the place of another, what was not known of that. */
export function tellWarnings(log: Log, role: Role, config: Config, before?: Config): void {
  const known = new Set(before === undefined ? [] : warningsOf(before, LISTENERS[role]))
  for (const warning of warningsOf(config, LISTENERS[role])) {
    if (!known.has(warning)) log.warn({}, warning)
  }
}

/** Logs which files with passwords and keys are open to every account of this machine. */
export async function tellOpenSecrets(log: Log, config: Config): Promise<void> {
  for (const line of await openSecrets(config)) log.warn({}, line)
}

export interface Serves {
  readonly role: Role
  /** Where there are several. */
  readonly workers?: number
  /** Those that are open, by their names. */
  readonly ports: Readonly<Record<string, number | undefined>>
}

export function tellReady(
  { log, store, signingKeys, clock }: Common,
  { issuer, service, realm }: Config,
  { ports, ...serves }: Serves,
): void {
  log.info(
    { ...serves, issuer, service, realm, signingKey: signingKeys?.active(clock()).kid, ports },
    store.ready() ? 'ready' : 'listening: ready as soon as the credentials are there',
  )
}

export function tellStopping(log: Log, signal: string): void {
  log.info({ signal }, 'stopping: requests in flight are finished, no new ones are taken')
}
