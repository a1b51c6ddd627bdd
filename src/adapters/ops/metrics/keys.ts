import { Counter, type Registry } from 'prom-client'
import { gaugeBy } from './gauges.ts'

/** When certificates end, seconds since the epoch: of keys by `kid`, of CAs by fingerprint. */
export interface KeyEnds {
  readonly keys: ReadonlyMap<string, number>
  readonly authorities: ReadonlyMap<string, number>
}

export interface KeyMetrics {
  /** A key in the folder can't be used. */
  keyReloadFailed(): void
  /** From now on tells when the keys of now end. */
  observeKeys(ends: () => KeyEnds): void
}

export function createKeyMetrics(registry: Registry): KeyMetrics {
  const failures = new Counter({
    name: 'rauth_keys_reload_failures_total',
    help: 'States of the keys folder in which some key could not be used.',
    registers: [registry],
  })
  return {
    keyReloadFailed() {
      failures.inc()
    },
    observeKeys(ends) {
      gaugeBy(
        registry,
        {
          ...{ name: 'rauth_key_expiry_timestamp_seconds', label: 'kid', merged: 'min' },
          help: 'When the certificate of a signing key ends, by key id.',
        },
        () => ends().keys,
      )
      gaugeBy(
        registry,
        {
          ...{ name: 'rauth_ca_expiry_timestamp_seconds', label: 'fingerprint', merged: 'min' },
          help: 'When a CA of the keys folder ends, by SHA-256 fingerprint.',
        },
        () => ends().authorities,
      )
    },
  }
}
