/** Whether somebody outside whom rauth asks did answer when it was last asked. */
export interface RecentFailure {
  readonly failed: (why: string) => void
  readonly answered: () => void
  /** Why it did not, if that was within the last minute: where nobody asks any more, nobody knows whether it is over. */
  readonly problem: () => string | undefined
}

/** For how long a failure is told, milliseconds. */
const LASTING = 60_000

/** `timer`: milliseconds, going forwards. */
export function createRecentFailure(timer: () => number): RecentFailure {
  let last: { readonly why: string; readonly at: number } | undefined
  return {
    failed(why) {
      last = { why, at: timer() }
    },
    answered() {
      last = undefined
    },
    problem: () => (last !== undefined && timer() - last.at < LASTING ? last.why : undefined),
  }
}
