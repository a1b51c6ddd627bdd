import type { Config } from '../config/schema.ts'
import type { FailureCounter } from '../credentials/guessing.ts'
import type { OpenCredentials } from './identity/credentials.ts'

/** What a process shares with others that serve with it as one; without, all of it is its own. */
export interface Shared {
  /** Which of them it is, for the log. */
  readonly worker: number
  /** Passwords are compared by hashes under this key. */
  readonly hasherKey: Buffer
  /** Those of the Secrets, where there are any. */
  readonly credentials: OpenCredentials | undefined
  /** Counts with the others; `own` where they can't be reached. */
  readonly failures: (guessing: Config['guessing'], own: FailureCounter) => FailureCounter
}
