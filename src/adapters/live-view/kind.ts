import type { DecisionEvent } from '../../event.ts'
import { ROUTINE } from '../../next-steps.ts'

/** What a decision is to whoever looks for what is wrong. */
export const KINDS = ['allowed', 'challenged', 'refused', 'failed'] as const

/** `challenged`: refused, as a step of what ends well. */
export type Kind = (typeof KINDS)[number]

export function kindOf({ outcome, reason }: Pick<DecisionEvent, 'outcome' | 'reason'>): Kind {
  return reason !== undefined && ROUTINE.has(reason) ? 'challenged' : outcome
}

/** Whether there may be something to do about it. */
export function isDenied(kind: Kind): boolean {
  return kind === 'refused' || kind === 'failed'
}
