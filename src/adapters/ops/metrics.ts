import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { DecisionEvent } from '../../event.ts'

export interface Metrics {
  record(event: DecisionEvent): void
  /** Media type of {@link Metrics.render}. */
  readonly contentType: string
  render(): Promise<string>
}

/** Labels are closed sets only: no name that a client can choose becomes a time series. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const decisions = new Counter({
    name: 'rauth_decisions_total',
    help: 'Decisions of the token service and the gateway, by outcome and reason of a refusal.',
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
  return {
    record({ half, outcome, reason, duration }) {
      decisions.inc({ half, outcome, reason: reason ?? '' })
      durations.observe({ half }, duration / 1000)
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}
