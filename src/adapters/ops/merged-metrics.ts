import { AggregatorRegistry } from 'prom-client'
import type { Metrics, MetricsSnapshot, RenderedMetrics } from './metrics.ts'

export interface MergedMetrics extends RenderedMetrics {
  /** A process is no more: what it had counted when it was last asked stays counted. */
  readonly retire: (process: number) => void
}

/** Which of the metrics only grow. */
const GROWING: readonly string[] = ['counter', 'histogram', 'summary']

/**
 * The metrics of several processes as one, each merged as it says itself. A counter never falls because a
 * process ended. `ask`: those of the others by now, without one that does not answer: of that, the last ones count.
 */
export function createMergedMetrics(
  own: Pick<Metrics, 'contentType' | 'snapshot'>,
  ask: () => Promise<ReadonlyMap<number, MetricsSnapshot>>,
): MergedMetrics {
  const last = new Map<number, MetricsSnapshot>()
  let retired: readonly MetricsSnapshot[] = []

  /** However many have ended, they are one. */
  async function rememberAsOne(): Promise<void> {
    const ended = retired
    if (ended.length < 2) return
    const one = (await merge(ended).getMetricsAsJSON()) as unknown as MetricsSnapshot
    // Some may have ended meanwhile, and somebody else may have done the same.
    if (retired[0] === ended[0]) retired = [one, ...retired.slice(ended.length)]
  }

  return {
    contentType: own.contentType,
    async render() {
      const asked = await ask()
      for (const [process, snapshot] of asked) last.set(process, snapshot)
      const merged = await merge([await own.snapshot(), ...retired, ...last.values()]).metrics()
      await rememberAsOne()
      return merged
    },
    retire(process) {
      const growing = (last.get(process) ?? []).filter(({ type }) => GROWING.includes(String(type)))
      last.delete(process)
      if (growing.length > 0) retired = [...retired, growing]
    },
  }
}

function merge(snapshots: readonly MetricsSnapshot[]) {
  return AggregatorRegistry.aggregate(snapshots.map((one) => [...one]))
}
