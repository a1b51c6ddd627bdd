import { Counter, Histogram, type Registry } from 'prom-client'
import type { RecordDecision } from '../../../event.ts'

export interface DecisionMetrics {
  readonly record: RecordDecision
  /** A decision did not reach what is made of decisions. */
  sinkFailed(sink: string): void
  /** From now on tells of these, though none has failed. */
  observeSinks(names: readonly string[]): void
}

/** Seconds: from a check with everything in memory to a password whose hash waits for others. */
const BUCKETS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025],
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
]

/** What has no name: no request of the registry API, or one that could not be read. */
const OTHER = 'other'

export function createDecisionMetrics(registry: Registry): DecisionMetrics {
  const registers = [registry]
  const decisions = new Counter({
    name: 'rauth_decisions_total',
    help: 'Decisions of the token service, the gateway and the catalog, by what was asked, outcome and reason of a refusal.',
    labelNames: ['half', 'route', 'outcome', 'reason'],
    registers,
  })
  const durations = new Histogram({
    name: 'rauth_decision_duration_seconds',
    help: 'Time that a decision took inside rauth.',
    labelNames: ['half', 'route'],
    buckets: BUCKETS,
    registers,
  })
  const shadowed = new Counter({
    name: 'rauth_shadow_denials_total',
    help: 'Decisions that would have denied more if what is in shadow were in force, by half.',
    labelNames: ['half'],
    registers,
  })
  for (const half of ['token', 'gateway', 'catalog']) shadowed.inc({ half }, 0)
  const sinkFailures = new Counter({
    name: 'rauth_decision_sink_failures_total',
    help: 'Decisions that did not reach the log or something else that is made of them.',
    labelNames: ['sink'],
    registers,
  })
  return {
    record({ half, route = OTHER, outcome, reason = '', duration, shadow }) {
      decisions.inc({ half, route, outcome, reason })
      if (shadow !== undefined) shadowed.inc({ half })
      durations.observe({ half, route }, duration / 1000)
    },
    sinkFailed(sink) {
      sinkFailures.inc({ sink })
    },
    observeSinks(names) {
      // A series that begins with its first failure would show no increase.
      for (const sink of names) sinkFailures.inc({ sink }, 0)
    },
  }
}
