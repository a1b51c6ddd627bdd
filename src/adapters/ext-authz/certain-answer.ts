import type { CheckAccess, CheckDecision } from '../../check-access.ts'
import type { RequestOrigin } from '../../decision.ts'
import { messageOf } from '../../errors.ts'
import { refused, type Result } from '../../refusal.ts'
import type { RegistryRequest } from '../../registry/request.ts'

export interface CertainAnswerOptions {
  readonly checkAccess: CheckAccess
  /** Told of what went wrong outside of a decision, and so is in no record. */
  readonly onFailure?: (thrown: unknown) => void
}

/** The answer when not even a decision could be made or recorded. */
const UNDECIDED: CheckDecision = { decision: 'unrecorded', result: refused('internal') }

/**
 * Reads, decides and formats, and ends in an answer whatever is thrown on the way: a proxy that is
 * not answered waits for its timeout, and what failed must be a 503 and never an allowance.
 */
export async function certainAnswer<T>(
  options: CertainAnswerOptions,
  read: () => Result<RegistryRequest>,
  origin: RequestOrigin,
  format: (decision: CheckDecision) => T,
): Promise<T> {
  try {
    return format(await options.checkAccess(readOrRefuse(read), origin))
  } catch (thrown) {
    reportFailure(options, thrown)
    return format(UNDECIDED)
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
export function reportFailure({ onFailure }: CertainAnswerOptions, thrown: unknown): void {
  try {
    onFailure?.(thrown)
  } catch {
    // There is nobody else to tell.
  }
}
