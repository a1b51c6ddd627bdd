import { Counter, type Registry } from 'prom-client'
import { gauge } from './gauges.ts'

export interface ConfigFigures {
  /** When it was last read and taken, seconds since the epoch. */
  readonly at: () => number
  /** Settings that were changed and count after a restart only. */
  readonly waiting: () => number
}

export interface ConfigMetrics {
  /** A changed configuration can't be used. */
  readonly configReloadFailed: () => void
  /** From now on tells of the configuration that counts. */
  observeConfig(figures: ConfigFigures): void
}

export function createConfigMetrics(registry: Registry): ConfigMetrics {
  const failures = new Counter({
    name: 'rauth_config_reload_failures_total',
    help: 'States of the configuration that could not be used.',
    registers: [registry],
  })
  return {
    configReloadFailed() {
      failures.inc()
    },
    observeConfig({ at, waiting }) {
      gauge(
        registry,
        {
          ...{ name: 'rauth_config_last_reload_timestamp_seconds', merged: 'min' },
          help: 'When the configuration was last read and taken.',
        },
        at,
      )
      gauge(
        registry,
        {
          ...{ name: 'rauth_config_restart_settings', merged: 'max' },
          help: 'Settings that were changed and count after a restart only.',
        },
        waiting,
      )
    },
  }
}
