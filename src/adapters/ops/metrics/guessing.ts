import type { Registry } from 'prom-client'
import { gauge, gaugeBy } from './gauges.ts'

/** How many are counted in memory: user names and networks of wrong passwords, networks of refused tokens. */
export interface FailuresCounted {
  readonly name: number
  readonly network: number
  readonly token: number
}

export interface GuessingMetrics {
  /** From now on tells of how many failed logins are counted in memory. */
  observeFailures(counted: () => FailuresCounted): void
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
          help: 'Networks, and user names in them, of failed logins (token: of refused tokens) counted here lately.',
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
