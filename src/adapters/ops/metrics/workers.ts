import { Counter, type Registry } from 'prom-client'
import { gauge } from './gauges.ts'

/** How a worker ended that was not told to: by itself, or since it said nothing any more. */
export type WorkerEnd = 'exit' | 'silent'

export interface WorkerMetrics {
  /** Another takes its place. */
  readonly workerEnded: (how: WorkerEnd) => void
  /** From now on tells how many workers serve. */
  observeWorkers(serving: () => number): void
}

export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const ends = new Counter({
    name: 'rauth_worker_ends_total',
    help: 'Workers that ended and were not told to, by how: exit, or silent where it hung; another took its place.',
    labelNames: ['how'],
    registers: [registry],
  })
  return {
    workerEnded(how) {
      ends.inc({ how })
    },
    observeWorkers(serving) {
      // A series that begins with its first end would show no increase.
      for (const how of ['exit', 'silent']) ends.inc({ how }, 0)
      gauge(
        registry,
        { name: 'rauth_workers', help: 'Workers that serve.', merged: 'sum' },
        serving,
      )
    },
  }
}
