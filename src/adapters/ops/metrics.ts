import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RecordDecision } from '../../event.ts'

export interface Metrics {
  readonly record: RecordDecision
  /** A decision did not reach what is made of decisions. */
  sinkFailed(sink: string): void
  /** A key in the folder can't be used. */
  keyReloadFailed(): void
  /** From now on tells when the keys of now end. */
  observeKeys(ends: () => KeyEnds): void
  /** A changed policy file can't be used. */
  policyReloadFailed(): void
  /** A changed users file can't be used. */
  usersReloadFailed(): void
  /** The keys of a configured issuer could not be had, or those of its file not be used. */
  issuerKeysFailed(issuer: string): void
  /** From now on tells how many rules the policy of now has. */
  observePolicy(rules: () => number): void
  /** What a listener needs for TLS can't be used. */
  tlsReloadFailed(listener: string): void
  /** A connection to a listener got no further than its TLS handshake. */
  tlsHandshakeFailed(listener: string, reason: string): void
  /** From now on tells when the TLS certificates of now end. */
  observeTls(ends: () => TlsEnds): void
  /** From now on tells whether Redis counts failed logins. */
  observeRedis(up: () => boolean): void
  /** From now on tells of the Secrets that are read from the Kubernetes API. */
  observeSecrets(secrets: SecretFigures): void
  /** A watch of Secrets ended, by what kind of end. */
  readonly watchEnded: (kind: string) => void
  /** The API server answered so; 0: not at all. */
  readonly apiAnswered: (status: number) => void
  /** Media type of {@link Metrics.render}. */
  readonly contentType: string
  render(): Promise<string>
}

/** When certificates end, seconds since the epoch: of keys by `kid`, of CAs by fingerprint. */
export interface KeyEnds {
  readonly keys: ReadonlyMap<string, number>
  readonly authorities: ReadonlyMap<string, number>
}

/** When certificates end, by listener, and the CAs of its clients; seconds since the epoch. */
export interface TlsEnds {
  readonly certificates: ReadonlyMap<string, number>
  readonly authorities: ReadonlyMap<string, number>
}

export interface SecretFigures {
  /** Seconds since all was known to be up to date. */
  readonly age: () => number
  /** How many namespaces have a Secret, by whether it can be used. */
  readonly counts: () => { readonly usable: number; readonly unusable: number }
}

/** Labels are closed sets only: no name that a client can choose becomes a time series. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const decisions = new Counter({
    name: 'rauth_decisions_total',
    help: 'Decisions of the token service, the gateway and the catalog, by outcome and reason of a refusal.',
    labelNames: ['half', 'outcome', 'reason'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'rauth_decision_duration_seconds',
    help: 'Time that a decision took inside rauth.',
    labelNames: ['half'],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers: [registry],
  })
  const sinkFailures = new Counter({
    name: 'rauth_decision_sink_failures_total',
    help: 'Decisions that did not reach one of the things that are made of them.',
    labelNames: ['sink'],
    registers: [registry],
  })
  const keyReloadFailures = new Counter({
    name: 'rauth_keys_reload_failures_total',
    help: 'States of the keys folder in which some key could not be used.',
    registers: [registry],
  })
  const usersReloadFailures = new Counter({
    name: 'rauth_users_reload_failures_total',
    help: 'States of the users file that could not be used.',
    registers: [registry],
  })
  const issuerKeysFailures = new Counter({
    name: 'rauth_identity_keys_failures_total',
    help: 'Times that the keys of an issuer could not be had, or states of its file that could not be used.',
    labelNames: ['issuer'],
    registers: [registry],
  })
  const policyReloadFailures = new Counter({
    name: 'rauth_policy_reload_failures_total',
    help: 'States of the policy file that could not be used.',
    registers: [registry],
  })
  const shadowed = new Counter({
    name: 'rauth_shadow_denials_total',
    help: 'Decisions that would have denied more if what is in shadow were in force, by half.',
    labelNames: ['half'],
    registers: [registry],
  })
  const tlsReloadFailures = new Counter({
    name: 'rauth_tls_reload_failures_total',
    help: 'States of the TLS files of a listener that could not be used.',
    labelNames: ['listener'],
    registers: [registry],
  })
  const tlsHandshakeFailures = new Counter({
    name: 'rauth_tls_handshake_failures_total',
    help: 'Connections that got no further than their TLS handshake, by why.',
    labelNames: ['listener', 'reason'],
    registers: [registry],
  })
  const watchEnds = new Counter({
    name: 'rauth_kubernetes_watch_restarts_total',
    help: 'Watches of Secrets that ended and began anew, by why they ended.',
    labelNames: ['end'],
    registers: [registry],
  })
  const apiAnswers = new Counter({
    name: 'rauth_kubernetes_requests_total',
    help: 'Requests to the Kubernetes API, by status of the answer; 0 is none.',
    labelNames: ['status'],
    registers: [registry],
  })
  return {
    observeSecrets({ age, counts }) {
      new Gauge({
        name: 'rauth_credentials_sync_age_seconds',
        help: 'Time since the credentials were last known to be what the Kubernetes API has.',
        registers: [registry],
        collect() {
          this.set(age())
        },
      })
      observe('rauth_credentials_secrets', 'state', () => new Map(Object.entries(counts())), {
        help: 'Namespaces with a credential Secret, by whether it can be used.',
        registers: [registry],
      })
    },
    watchEnded(kind) {
      watchEnds.inc({ end: kind })
    },
    apiAnswered(status) {
      apiAnswers.inc({ status })
    },
    sinkFailed(sink) {
      sinkFailures.inc({ sink })
    },
    keyReloadFailed() {
      keyReloadFailures.inc()
    },
    observeKeys(ends) {
      observe('rauth_key_expiry_timestamp_seconds', 'kid', () => ends().keys, {
        help: 'When the certificate of a signing key ends, by key id.',
        registers: [registry],
      })
      observe('rauth_ca_expiry_timestamp_seconds', 'fingerprint', () => ends().authorities, {
        help: 'When a CA of the keys folder ends, by SHA-256 fingerprint.',
        registers: [registry],
      })
    },
    usersReloadFailed() {
      usersReloadFailures.inc()
    },
    issuerKeysFailed(issuer) {
      issuerKeysFailures.inc({ issuer })
    },
    policyReloadFailed() {
      policyReloadFailures.inc()
    },
    observePolicy(rules) {
      new Gauge({
        name: 'rauth_policy_rules',
        help: 'Rules of the policy that decides.',
        registers: [registry],
        collect() {
          this.set(rules())
        },
      })
    },
    tlsReloadFailed(listener) {
      tlsReloadFailures.inc({ listener })
    },
    tlsHandshakeFailed(listener, reason) {
      tlsHandshakeFailures.inc({ listener, reason })
    },
    observeTls(ends) {
      observe('rauth_tls_expiry_timestamp_seconds', 'listener', () => ends().certificates, {
        help: 'When the TLS certificate of a listener ends.',
        registers: [registry],
      })
      const clients = 'rauth_tls_client_authority_expiry_timestamp_seconds'
      observe(clients, 'listener', () => ends().authorities, {
        help: 'When the CA of the client certificates of a listener ends.',
        registers: [registry],
      })
    },
    observeRedis(up) {
      new Gauge({
        name: 'rauth_guessing_redis_up',
        help: 'Whether failed logins are counted in Redis (1), or by each replica for itself (0).',
        registers: [registry],
        collect() {
          this.set(up() ? 1 : 0)
        },
      })
    },
    record({ half, outcome, reason, duration, shadow }) {
      decisions.inc({ half, outcome, reason: reason ?? '' })
      if (shadow !== undefined) shadowed.inc({ half })
      durations.observe({ half }, duration / 1000)
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}

/** A gauge that is what a map says when it is asked for. */
function observe(
  name: string,
  label: string,
  read: () => ReadonlyMap<string, number>,
  options: { readonly help: string; readonly registers: Registry[] },
): void {
  new Gauge({
    ...{ name, labelNames: [label], ...options },
    collect() {
      this.reset()
      for (const [value, at] of read()) this.set({ [label]: value }, at)
    },
  })
}
