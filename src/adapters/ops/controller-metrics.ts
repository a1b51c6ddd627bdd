import { Counter, Registry } from 'prom-client'
import { VERSION } from '../../version.ts'
import type { RenderedMetrics } from './metrics.ts'
import { gauge, gaugeBy } from './metrics/gauges.ts'
import { createAuditMetrics, type AuditMetrics } from './metrics/audit.ts'
import { createConfigMetrics, type ConfigMetrics } from './metrics/config.ts'
import { createKubernetesMetrics, type KubernetesMetrics } from './metrics/kubernetes.ts'
import { addProcessMetrics } from './metrics/process.ts'
import { createReloadMetrics, type ReloadMetrics } from './metrics/reloads.ts'

/** What a look at a namespace came to. */
export type ReconcileOutcome = (typeof OUTCOMES)[number]

const OUTCOMES = ['in_step', 'wrote', 'would_write', 'obstructed', 'conflict', 'failed'] as const

/** How the last look at a namespace ended. */
export type NamespaceState = 'in_step' | 'obstructed' | 'failing'

/** What can be seen at any time. */
export interface ControllerFigures {
  readonly isLeader: () => boolean
  /** Namespaces in the queue, by state. */
  readonly queue: () => Readonly<Record<string, number>>
  /** Chosen namespaces, by how they stand. */
  readonly namespaces: () => Readonly<Record<NamespaceState, number>>
  /** Seconds; of the oldest password that rauth keeps. */
  readonly oldestPassword: () => number
  /** Seconds since all was known to be up to date. */
  readonly age: () => number
}

/** The metrics of `rauth controller`. */
export interface ControllerMetrics
  extends AuditMetrics, ConfigMetrics, KubernetesMetrics, ReloadMetrics, RenderedMetrics {
  reconciled(outcome: ReconcileOutcome): void
  wrote(object: string, why: string): void
  observe(figures: ControllerFigures): void
}

/** Labels are closed sets only: no namespace is a time series. */
export function createControllerMetrics(registry = new Registry()): ControllerMetrics {
  addProcessMetrics(registry, VERSION)
  const registers = [registry]
  const reconciles = new Counter({
    name: 'rauth_controller_reconciles_total',
    help: 'Looks at a namespace, by what they came to.',
    labelNames: ['outcome'],
    registers,
  })
  // A series that begins with its first failure would show no increase.
  for (const outcome of OUTCOMES) reconciles.inc({ outcome }, 0)
  const writes = new Counter({
    name: 'rauth_controller_writes_total',
    help: 'Objects that were written, by kind and reason.',
    labelNames: ['object', 'why'],
    registers,
  })
  return {
    ...createKubernetesMetrics(registry),
    ...createAuditMetrics(registry),
    ...createConfigMetrics(registry),
    ...createReloadMetrics(registry),
    reconciled(outcome) {
      reconciles.inc({ outcome })
    },
    wrote(object, why) {
      writes.inc({ object, why })
    },
    observe(figures) {
      observeFigures(registry, figures)
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}

function observeFigures(registry: Registry, figures: ControllerFigures): void {
  const { isLeader, queue, namespaces, oldestPassword, age } = figures
  const merged = 'max'
  gauge(
    registry,
    {
      ...{ name: 'rauth_controller_leader', merged },
      help: 'Whether this replica is the one that writes.',
    },
    () => (isLeader() ? 1 : 0),
  )
  gaugeBy(
    registry,
    {
      ...{ name: 'rauth_controller_queue', label: 'state', merged },
      help: 'Namespaces to be looked at, by state.',
    },
    () => Object.entries(queue()),
  )
  gaugeBy(
    registry,
    {
      ...{ name: 'rauth_controller_namespaces', label: 'state', merged },
      help: 'Chosen namespaces, by how they stand as far as this replica looked.',
    },
    () => Object.entries(namespaces()),
  )
  gauge(
    registry,
    {
      ...{ name: 'rauth_controller_oldest_password_age_seconds', merged },
      help: 'Age of the oldest password that rauth keeps.',
    },
    oldestPassword,
  )
  gauge(
    registry,
    {
      ...{ name: 'rauth_controller_sync_age_seconds', merged },
      help: 'Time since all was last known to be what the Kubernetes API has.',
    },
    age,
  )
}
