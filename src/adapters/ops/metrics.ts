import { Registry } from 'prom-client'
import { VERSION } from '../../version.ts'
import { createAuditMetrics, type AuditMetrics } from './metrics/audit.ts'
import { createCacheMetrics, type CacheMetrics } from './metrics/caches.ts'
import { createConfigMetrics, type ConfigMetrics } from './metrics/config.ts'
import { createCredentialMetrics, type CredentialMetrics } from './metrics/credentials.ts'
import { createDecisionMetrics, type DecisionMetrics } from './metrics/decisions.ts'
import { createGuessingMetrics, type GuessingMetrics } from './metrics/guessing.ts'
import { createIdentityMetrics, type IdentityMetrics } from './metrics/identity.ts'
import { createKeyMetrics, type KeyMetrics } from './metrics/keys.ts'
import { createKubernetesMetrics, type KubernetesMetrics } from './metrics/kubernetes.ts'
import { createPolicyMetrics, type PolicyMetrics } from './metrics/policy.ts'
import { addProcessMetrics } from './metrics/process.ts'
import { createReloadMetrics, type ReloadMetrics } from './metrics/reloads.ts'
import { createTracingMetrics, type TracingMetrics } from './metrics/tracing.ts'
import { createTlsMetrics, type TlsMetrics } from './metrics/tls.ts'
import { createWorkerMetrics, type WorkerMetrics } from './metrics/workers.ts'

/** What a registry of metrics looks like from outside. */
export interface RenderedMetrics {
  /** Media type of {@link RenderedMetrics.render}. */
  readonly contentType: string
  render(): Promise<string>
}

/** All that there is of each metric, as data: what prom-client merges. */
export type MetricsSnapshot = readonly Readonly<Record<string, unknown>>[]

/** The metrics of `rauth serve`. */
export interface Metrics
  extends
    DecisionMetrics,
    AuditMetrics,
    CacheMetrics,
    ConfigMetrics,
    GuessingMetrics,
    KeyMetrics,
    TlsMetrics,
    PolicyMetrics,
    ReloadMetrics,
    IdentityMetrics,
    CredentialMetrics,
    KubernetesMetrics,
    TracingMetrics,
    WorkerMetrics,
    RenderedMetrics {
  /** The same as data, for a process that merges them. */
  snapshot(): Promise<MetricsSnapshot>
}

/** Labels are closed sets only: no name that a client can choose becomes a time series. */
export function createMetrics(registry = new Registry()): Metrics {
  addProcessMetrics(registry, VERSION)
  return {
    ...createDecisionMetrics(registry),
    ...createAuditMetrics(registry),
    ...createCacheMetrics(registry),
    ...createConfigMetrics(registry),
    ...createGuessingMetrics(registry),
    ...createKeyMetrics(registry),
    ...createTlsMetrics(registry),
    ...createPolicyMetrics(registry),
    ...createReloadMetrics(registry),
    ...createIdentityMetrics(registry),
    ...createCredentialMetrics(registry),
    ...createKubernetesMetrics(registry),
    ...createTracingMetrics(registry),
    ...createWorkerMetrics(registry),
    contentType: registry.contentType,
    render: () => registry.metrics(),
    snapshot: async () => (await registry.getMetricsAsJSON()) as unknown as MetricsSnapshot,
  }
}
