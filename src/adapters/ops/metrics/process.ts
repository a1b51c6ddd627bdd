import { collectDefaultMetrics, type Registry } from 'prom-client'
import { gauge, info } from './gauges.ts'

/** Gauges with the ending of counters: Prometheus' own check refuses them, and their sums say nothing by type. */
const MISNAMED = [
  ...['nodejs_active_resources_total', 'nodejs_active_handles_total'],
  'nodejs_active_requests_total',
]

/** What is of every process: its memory, its event loop, and which rauth it is. */
export function addProcessMetrics(registry: Registry, version: string): void {
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  info(
    registry,
    {
      ...{ name: 'rauth_build_info', labelNames: ['version', 'node'] },
      help: 'Always 1; which rauth this is, and the Node.js that runs it.',
    },
    () => ({ version, node: process.versions.node }),
  )
  gauge(
    registry,
    {
      ...{ name: 'rauth_time_seconds', merged: 'max' },
      help: 'The time by the clock of this machine, seconds since the epoch: tokens begin and end by it.',
    },
    () => Date.now() / 1000,
  )
}
