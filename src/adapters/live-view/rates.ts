import type { DecisionEvent } from '../../event.ts'
import type { Reason } from '../../refusal.ts'
import { isDenied, KINDS, kindOf, type Kind } from './kind.ts'

/** Seconds that are remembered. */
const WINDOW = 60

/** The shortest duration that is told apart, milliseconds, and by how much each class is longer. */
const [SHORTEST, STEP] = [0.01, 1.1]

/** From SHORTEST up to about two minutes. */
const CLASSES = 172

/** How decisions of the last minute went. */
export interface RatesOfNow {
  /** Decisions of each of the last 60 whole seconds, the oldest first. */
  readonly history: Readonly<Record<Kind, readonly number[]>>
  /** Milliseconds that decisions of that minute took inside rauth, 10 % too much at most; none: there were none. */
  readonly p50?: number
  readonly p99?: number
  /** Of those that were denied, by reason, the most first. */
  readonly reasons: readonly { readonly reason: Reason; readonly count: number }[]
  /** Of all decisions since the start of the process, the most first: what there is to look for. */
  readonly seen: readonly { readonly reason: Reason; readonly count: number }[]
  /** Since the start of the process. */
  readonly total: Readonly<Record<Kind, number>>
}

export interface Rates {
  record(event: Pick<DecisionEvent, 'outcome' | 'reason' | 'duration'>): void
  now(): RatesOfNow
}

interface Second {
  at: number
  readonly kinds: Record<Kind, number>
  readonly reasons: Map<Reason, number>
  readonly durations: Uint32Array
}

/** Counts by the second; what one decision costs does not depend on how many there are. `now`: milliseconds since the epoch. */
export function createRates(now: () => number): Rates {
  // One more than is told of: the second that is not over.
  const seconds = Array.from({ length: WINDOW + 1 }, emptySecond)
  const total = nothing()
  const seen = new Map<Reason, number>()

  function secondAt(at: number): Second {
    const second = seconds[at % seconds.length] as Second
    if (second.at !== at) {
      second.at = at
      Object.assign(second.kinds, nothing())
      second.reasons.clear()
      second.durations.fill(0)
    }
    return second
  }

  return {
    record(event) {
      const { reason, duration } = event
      const kind = kindOf(event)
      const { kinds, reasons, durations } = secondAt(Math.floor(now() / 1000))
      kinds[kind] += 1
      total[kind] += 1
      if (reason !== undefined) seen.set(reason, (seen.get(reason) ?? 0) + 1)
      if (reason !== undefined && isDenied(kind))
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      const at = classOf(duration)
      durations[at] = (durations[at] ?? 0) + 1
    },
    now() {
      const current = Math.floor(now() / 1000)
      const durations = new Uint32Array(CLASSES)
      const reasons = new Map<Reason, number>()
      const history: Record<Kind, number[]> = {
        ...{ allowed: [], challenged: [], refused: [], failed: [] },
      }
      for (let at = current - WINDOW; at < current; at += 1) {
        const second = seconds[at % seconds.length]
        const isThere = second?.at === at
        for (const kind of KINDS) {
          history[kind].push(isThere ? second.kinds[kind] : 0)
        }
        if (!isThere) continue
        for (const [one, count] of second.durations.entries()) {
          durations[one] = (durations[one] ?? 0) + count
        }
        for (const [reason, count] of second.reasons) {
          reasons.set(reason, (reasons.get(reason) ?? 0) + count)
        }
      }
      const [p50, p99] = [percentile(durations, 0.5), percentile(durations, 0.99)]
      return {
        history,
        ...(p50 === undefined ? {} : { p50 }),
        ...(p99 === undefined ? {} : { p99 }),
        ...{ reasons: mostFirst(reasons), seen: mostFirst(seen) },
        total: { ...total },
      }
    },
  }
}

function mostFirst(counts: ReadonlyMap<Reason, number>) {
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count)
}

function emptySecond(): Second {
  return {
    at: -1,
    kinds: nothing(),
    reasons: new Map(),
    durations: new Uint32Array(CLASSES),
  }
}

function classOf(milliseconds: number): number {
  if (!(milliseconds > SHORTEST)) return 0
  return Math.min(Math.ceil(Math.log(milliseconds / SHORTEST) / Math.log(STEP)), CLASSES - 1)
}

/** The upper end of the class that the share ends in. */
function percentile(durations: Uint32Array, share: number): number | undefined {
  const count = durations.reduce((sum, one) => sum + one, 0)
  if (count === 0) return undefined
  let left = Math.ceil(count * share)
  const at = durations.findIndex((one) => (left -= one) <= 0)
  return SHORTEST * STEP ** at
}

function nothing(): Record<Kind, number> {
  return { allowed: 0, challenged: 0, refused: 0, failed: 0 }
}
