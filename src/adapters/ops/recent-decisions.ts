import {
  recordOf,
  type DecisionEvent,
  type DecisionRecord,
  type RecordDecision,
} from '../../event.ts'

/** A decision as it is told to whoever knows its id. */
export interface RecentDecision extends DecisionRecord {
  /** When it was made, RFC 3339. */
  readonly time: string
  /** How the policy came to it; not there where none was asked, or it has changed since. */
  readonly explanation?: object
}

/** The last decisions, in memory, by their ids. */
export interface RecentDecisions {
  readonly record: RecordDecision
  find(id: string): RecentDecision | undefined
}

interface Kept {
  readonly time: number
  readonly event: DecisionEvent
}

/**
 * Keeps the last `size` that were allowed and as many that were not: a busy gateway's checks do not push
 * out the refusal that somebody asks about. `now`: milliseconds since the epoch.
 */
export function createRecentDecisions(size: number, now: () => number): RecentDecisions {
  const [allowed, others] = [new Map<string, Kept>(), new Map<string, Kept>()]
  return {
    record(event) {
      const kept = event.outcome === 'allowed' ? allowed : others
      kept.set(event.id, { time: now(), event })
      if (kept.size <= size) return
      for (const [oldest] of kept) {
        kept.delete(oldest)
        return
      }
    },
    find(id) {
      const kept = others.get(id) ?? allowed.get(id)
      if (kept === undefined) return undefined
      const explanation = kept.event.why?.()
      const time = new Date(kept.time).toISOString()
      return {
        time,
        ...recordOf(kept.event),
        ...(explanation === undefined ? {} : { explanation }),
      }
    },
  }
}
