import type { CheckAccess, CheckDecision } from '../../check-access.ts'
import { UNRECORDED, type RequestOrigin } from '../../decision.ts'
import { messageOf } from '../../errors.ts'
import { refused, type Result } from '../../refusal.ts'
import type { RegistryRequest } from '../../registry/request.ts'

export interface AnswerOptions {
  readonly checkAccess: CheckAccess
  /** Told of what went wrong outside of a decision, and so is in no record. */
  readonly onFailure?: (thrown: unknown) => void
}

/**
 * Reads, decides and formats, and ends in an answer also when reading or formatting fails: a proxy
 * that is not answered waits for its timeout, and what failed must be a 503 and never an allowance.
 */
export async function answer<T>(
  options: AnswerOptions,
  read: () => Result<RegistryRequest>,
  origin: RequestOrigin,
  format: (decision: CheckDecision) => T,
): Promise<T> {
  let decision = UNRECORDED
  try {
    const decided = await options.checkAccess(readOrRefuse(read), origin)
    decision = decided.decision
    return format(decided)
  } catch (thrown) {
    reportFailure(options, thrown)
    return format({ decision, result: refused('internal') })
  }
}

function readOrRefuse(read: () => Result<RegistryRequest>): Result<RegistryRequest> {
  try {
    return read()
  } catch (thrown) {
    return refused('internal', { detail: messageOf(thrown) })
  }
}

/** Tells of a failure; that telling may fail itself must keep no answer away. */
export function reportFailure(
  { onFailure }: Pick<AnswerOptions, 'onFailure'>,
  thrown: unknown,
): void {
  try {
    onFailure?.(thrown)
  } catch {
    // There is nobody else to tell.
  }
}
