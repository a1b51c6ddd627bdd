import type { Registry } from 'prom-client'
import { gauge, gaugeBy } from './gauges.ts'

export interface GuessingMetrics {
  /** From now on tells of how many user names and networks failed logins are counted in memory. */
  observeFailures(counted: () => { readonly name: number; readonly network: number }): void
  /** From now on tells whether Redis counts failed logins. */
  observeRedis(up: () => boolean): void
}

export function createGuessingMetrics(registry: Registry): GuessingMetrics {
  return {
    observeFailures(counted) {
      gaugeBy(
        registry,
        {
          ...{ name: 'rauth_guessing_sources', label: 'counted_by', merged: 'sum' },
          help: 'Networks, and user names in them, that failed logins were counted of in this process lately.',
        },
        () => Object.entries(counted()),
      )
    },
    observeRedis(up) {
      gauge(
        registry,
        {
          ...{ name: 'rauth_guessing_redis_up', merged: 'min' },
          help: 'Whether failed logins are counted in Redis (1), or by each replica for itself (0).',
        },
        () => (up() ? 1 : 0),
      )
    },
  }
}
