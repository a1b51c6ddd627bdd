import type { Explanation } from '../../policy/explain.ts'
import { explanationWords, type ExplainedInWords } from '../../policy/explanation-words.ts'
import type { DecisionRecord } from '../../event.ts'
import { nextStep } from '../../next-steps.ts'
import { kindOf, type Kind } from './kind.ts'
import { whatOf, whoOf, whyOf } from './decision-line.ts'

/** A decision with when it was made, RFC 3339, and how the policy came to it, as it is kept. */
export interface FoundDecision extends DecisionRecord {
  readonly time: string
  readonly explanation?: object
}

/** Looks where it is kept, perhaps in another process. */
export type FindDecision = (
  id: string,
) => Promise<FoundDecision | undefined> | FoundDecision | undefined

/** All that there is to be said of a decision, in words. */
export interface ExplainedDecision {
  readonly record: DecisionRecord & { readonly time: string }
  readonly kind: Kind
  readonly who: string
  readonly what: string
  /** Of one that was not allowed: why, and what to do about it. */
  readonly why?: string
  readonly next?: string
  readonly explanation?: readonly ExplainedInWords[]
}

export function explainedDecision(found: FoundDecision): ExplainedDecision {
  const { explanation, ...record } = found
  const { reason, detail, cause } = record
  return {
    ...{ record, kind: kindOf(record), who: whoOf(record), what: whatOf(record) },
    ...(reason === undefined ? {} : { why: whyOf(reason, detail), next: nextStep(reason, cause) }),
    // An event does not know what explains it; the flows do it by the policy, and by nothing else.
    ...(explanation && { explanation: explanationWords(explanation as Explanation) }),
  }
}
