import type { RecordDecision } from '../../event.ts'
import { createDecisionRing, type DecisionRing } from './decision-ring.ts'
import { createRates, type Rates } from './rates.ts'
import { createUsage, type Usage } from './usage.ts'

/** Decisions that were allowed, and as many of the others: a few MB in all. */
const KEPT = 1_000

/** Namespaces and rules that are counted. */
const MOST_NAMES = 10_000

/** What is kept of decisions for whoever watches, of bounded size. */
export interface LiveFeed {
  readonly ring: Pick<DecisionRing, 'begin' | 'after'>
  readonly rates: Pick<Rates, 'now'>
  readonly usage: Omit<Usage, 'record'>
  /** Told of each decision; costs the same whoever watches. */
  readonly record: RecordDecision
}

/** `now`: milliseconds since the epoch. */
export function createLiveFeed(now: () => number): LiveFeed {
  const ring = createDecisionRing(KEPT, now)
  const rates = createRates(now)
  const usage = createUsage(MOST_NAMES, now)
  return {
    ...{ ring, rates, usage },
    record(event) {
      ring.record(event)
      rates.record(event)
      usage.record(event)
    },
  }
}
