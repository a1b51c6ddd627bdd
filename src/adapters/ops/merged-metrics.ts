import { AggregatorRegistry } from 'prom-client'
import type { Metrics, MetricsSnapshot, RenderedMetrics } from './metrics.ts'

export interface MergedMetrics extends RenderedMetrics {
  /** A process is no more: what it had counted when it was last asked stays counted. */
  retire(process: number): void
}

/** Which of the metrics only grow. */
const GROWING: readonly string[] = ['counter', 'histogram', 'summary']

/**
 * The metrics of several processes as one, each merged as it says itself. A counter never falls because a
 * process ended. `ask`: those of the others by now, without one that does not answer.
 */
export function createMergedMetrics(
  own: Pick<Metrics, 'contentType' | 'snapshot'>,
  ask: () => Promise<ReadonlyMap<number, MetricsSnapshot>>,
): MergedMetrics {
  const last = new Map<number, MetricsSnapshot>()
  let retired: MetricsSnapshot = []

  function merge(snapshots: readonly MetricsSnapshot[]) {
    return AggregatorRegistry.aggregate(snapshots.map((one) => [...one]))
  }
  return {
    contentType: own.contentType,
    async render() {
      for (const [process, snapshot] of await ask()) last.set(process, snapshot)
      const merged = merge([await own.snapshot(), retired, ...last.values()])
      return merged.metrics()
    },
    retire(process) {
      const growing = (last.get(process) ?? []).filter(({ type }) => GROWING.includes(String(type)))
      last.delete(process)
      const before = retired
      retired = [...before, ...growing]
      const merging = merge([before, growing]).getMetricsAsJSON()
      void merging.then((merged) => {
        retired = merged as unknown as MetricsSnapshot
      })
    },
  }
}
