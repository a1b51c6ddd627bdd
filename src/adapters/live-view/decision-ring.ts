import type { DecisionEvent } from '../../event.ts'
import { isDenied, kindOf } from './kind.ts'

/** A decision that is kept, with when it was made: milliseconds since the epoch. */
export interface KeptDecision {
  /** Its place among all that were ever recorded. */
  readonly order: number
  readonly time: number
  readonly event: DecisionEvent
}

/** How far somebody has read: how many of those that were denied, and of all others, there had been by then. */
export interface Cursor {
  readonly usual: number
  readonly denied: number
}

/** What there is after a cursor. */
export interface Batch {
  /** In the order in which they were made. */
  readonly decisions: readonly KeptDecision[]
  /** Of those that were wanted, how many are left out since they are too many. */
  readonly more: Cursor
  /** How many are no longer kept, whatever they were. */
  readonly lost: Cursor
  readonly cursor: Cursor
}

export interface BatchBounds {
  readonly usual: number
  readonly denied: number
}

export interface DecisionRing {
  record(event: DecisionEvent): void
  /** Where a reader stands who has missed nothing, and wants all that is kept. */
  begin(): Cursor
  /** The newest that are `wanted` after a cursor, no more of each kind than `bounds` has. */
  after(cursor: Cursor, bounds: BatchBounds, wanted: (event: DecisionEvent) => boolean): Batch
}

/**
 * The last `size` decisions that were denied and as many of the others, in memory: what is busy and well
 * does not push out what is not. Recording one costs the same however many there are.
 */
export function createDecisionRing(size: number, now: () => number): DecisionRing {
  const [usual, denied] = [createRing(size), createRing(size)]
  let order = 0
  return {
    record(event) {
      const ring = isDenied(kindOf(event)) ? denied : usual
      ring.push({ order, time: now(), event })
      order += 1
    },
    begin: () => ({ usual: usual.first(), denied: denied.first() }),
    after(cursor, bounds, wanted) {
      const of = {
        usual: usual.after(cursor.usual, bounds.usual, wanted),
        denied: denied.after(cursor.denied, bounds.denied, wanted),
      }
      const found = [...of.usual.found, ...of.denied.found]
      return {
        decisions: found.sort((a, b) => a.order - b.order),
        more: { usual: of.usual.more, denied: of.denied.more },
        lost: { usual: of.usual.lost, denied: of.denied.lost },
        cursor: { usual: usual.total(), denied: denied.total() },
      }
    },
  }
}

function createRing(size: number) {
  const kept: KeptDecision[] = []
  let total = 0
  return {
    total: () => total,
    first: () => Math.max(total - size, 0),
    push(decision: KeptDecision) {
      kept[total % size] = decision
      total += 1
    },
    /** A cursor of another process may be anything: it is nothing to trust. */
    after(from: number, most: number, wanted: (event: DecisionEvent) => boolean) {
      const first = Math.max(Math.min(from, total), total - size, 0)
      const found: KeptDecision[] = []
      let more = 0
      for (let at = total - 1; at >= first; at -= 1) {
        const decision = kept[at % size]
        if (decision === undefined || !wanted(decision.event)) continue
        if (found.length < most) found.push(decision)
        else more += 1
      }
      return { found, more, lost: Math.max(first - from, 0) }
    },
  }
}
