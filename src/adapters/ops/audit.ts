import type { Logger } from 'pino'
import type { DecisionEvent, RecordDecision } from '../../event.ts'
import type { RouteName } from '../../route-name.ts'
import { logDecision } from './decision-line.ts'

export interface AuditOptions {
  /** Where the lines go. */
  readonly logger: Logger
  /** Of so many allowed reads one has a line. */
  readonly sampleReads: number
  /** Every read has one all the same, as long as this says so. */
  readonly all: () => boolean
  /** From 0 to 1. */
  readonly random: () => number
}

const READS: ReadonlySet<RouteName | undefined> = new Set<RouteName>([
  ...(['ping', 'catalog', 'tags', 'referrers', 'manifest_read', 'blob_read'] as const),
])

/** Writes the line of each decision; of reads that were allowed not each, where that is wanted. */
export function createAudit({ logger, sampleReads, all, random }: AuditOptions): RecordDecision {
  return (event) => {
    if (sampleReads <= 1 || !isOrdinaryRead(event) || all()) logDecision(logger, event)
    // By chance: what is counted out meets the same one of two requests that take turns.
    else if (random() * sampleReads < 1) logDecision(logger, event, { sampled: sampleReads })
  }
}

/** One that would not be allowed but for a rule in shadow is what somebody looks for. */
function isOrdinaryRead({ outcome, route, shadow }: DecisionEvent): boolean {
  return outcome === 'allowed' && READS.has(route) && shadow === undefined
}
