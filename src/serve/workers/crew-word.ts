import type { DecisionFinder } from '../../adapters/ops/decision-route.ts'
import { createMergedMetrics } from '../../adapters/ops/merged-metrics.ts'
import type { Metrics, RenderedMetrics } from '../../adapters/ops/metrics.ts'
import type { RecentDecision } from '../../adapters/ops/recent-decisions.ts'
import type { Member } from './crew.ts'

/** What all workers say together. */
export interface CrewWord {
  readonly metrics: RenderedMetrics
  readonly decisions: DecisionFinder
  /** A process is no more. */
  readonly forget: (id: number) => void
}

type AskedMember = Pick<Member, 'id' | 'ports'> & {
  readonly channel: Pick<Member['channel'], 'ask'>
}

/** `own`: metrics of this process. */
export function askWorkers(
  members: () => readonly AskedMember[],
  own: Pick<Metrics, 'contentType' | 'snapshot'>,
): CrewWord {
  /** What each answers, by its process; nothing of one that does not. */
  async function askAll<T>(
    ask: (channel: AskedMember['channel']) => Promise<T>,
  ): Promise<ReadonlyMap<number, T>> {
    const serving = members().filter(({ ports }) => ports !== undefined)
    const asked = serving.map(async ({ id, channel }) => [id, await ask(channel)] as const)
    const answers = await Promise.allSettled(asked)
    // Who ended since it answered is counted as one that did.
    const there = new Set(members().map(({ id }) => id))
    return new Map(
      answers
        .flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        .filter(([id]) => there.has(id)),
    )
  }
  const metrics = createMergedMetrics(own, () =>
    askAll((channel) => channel.ask('metrics', undefined)),
  )
  return {
    metrics,
    decisions: {
      async find(id) {
        const found = await askAll((channel) => channel.ask('decision', id))
        return [...found.values()].find((one) => one !== undefined) as RecentDecision | undefined
      },
    },
    forget: metrics.retire,
  }
}
