import { Counter, type Registry } from 'prom-client'

export interface TracingMetrics {
  /** So many spans were taken by the collector, or never will be. */
  spans(outcome: 'sent' | 'lost', count: number): void
}

export function createTracingMetrics(registry: Registry): TracingMetrics {
  const spans = new Counter({
    name: 'rauth_tracing_spans_total',
    help: 'Spans, by whether the collector took them (sent) or they were dropped (lost).',
    labelNames: ['outcome'],
    registers: [registry],
  })
  return {
    spans(outcome, count) {
      spans.inc({ outcome }, count)
    },
  }
}
