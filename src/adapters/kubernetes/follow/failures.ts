import { messageOf } from '../../../errors.ts'
import { ApiRefusal } from '../api-refusal.ts'

export interface Failure {
  readonly problem: string
  readonly status?: number
  readonly retryAfter?: number
}

/** What of the following of a collection it is: one may work while the other does not. */
export type Part = 'list' | 'watch'

/** What is wrong at the moment. */
export interface Failures {
  failed(part: Part, failure: Failure): void
  /** It works. */
  over(part: Part): void
  /** Of this part; else of any, lists first. */
  last(part?: Part): Failure | undefined
}

/** `onTrouble` is told of each failure, and each time that there is none any more. */
export function createFailures(onTrouble: (problem: string | undefined) => void): Failures {
  const failures = new Map<Part, Failure>()
  return {
    failed(part, failure) {
      failures.set(part, failure)
      onTrouble(failure.problem)
    },
    over(part) {
      if (failures.delete(part) && failures.size === 0) onTrouble(undefined)
    },
    last: (part) =>
      part === undefined ? (failures.get('list') ?? failures.get('watch')) : failures.get(part),
  }
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof ApiRefusal)) return { problem: messageOf(error) }
  const { message: problem, status, retryAfter } = error
  return { problem, status, retryAfter }
}
