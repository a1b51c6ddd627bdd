import { Counter, type Registry } from 'prom-client'
import { gaugeBy } from './gauges.ts'

/** When certificates end, by listener, and the CAs of its clients; seconds since the epoch. */
export interface TlsEnds {
  readonly certificates: ReadonlyMap<string, number>
  readonly authorities: ReadonlyMap<string, number>
}

export interface TlsMetrics {
  /** What a listener needs for TLS can't be used. */
  tlsReloadFailed(listener: string): void
  /** A connection to a listener got no further than its TLS handshake. */
  tlsHandshakeFailed(listener: string, reason: string): void
  /** From now on tells when the TLS certificates of now end. */
  observeTls(ends: () => TlsEnds): void
}

export function createTlsMetrics(registry: Registry): TlsMetrics {
  const registers = [registry]
  const reloadFailures = new Counter({
    name: 'rauth_tls_reload_failures_total',
    help: 'States of the TLS files of a listener that could not be used.',
    labelNames: ['listener'],
    registers,
  })
  const handshakeFailures = new Counter({
    name: 'rauth_tls_handshake_failures_total',
    help: 'Connections that got no further than their TLS handshake, by why.',
    labelNames: ['listener', 'reason'],
    registers,
  })
  return {
    tlsReloadFailed(listener) {
      reloadFailures.inc({ listener })
    },
    tlsHandshakeFailed(listener, reason) {
      handshakeFailures.inc({ listener, reason })
    },
    observeTls(ends) {
      const by = { label: 'listener', merged: 'min' } as const
      gaugeBy(
        registry,
        {
          ...{ ...by, name: 'rauth_tls_expiry_timestamp_seconds' },
          help: 'When the TLS certificate of a listener ends.',
        },
        () => {
          const { certificates } = ends()
          // A series that begins with its first failure would show no increase.
          for (const listener of certificates.keys()) reloadFailures.inc({ listener }, 0)
          return certificates
        },
      )
      gaugeBy(
        registry,
        {
          ...{ ...by, name: 'rauth_tls_client_authority_expiry_timestamp_seconds' },
          help: 'When the CA of the client certificates of a listener ends.',
        },
        () => ends().authorities,
      )
    },
  }
}
