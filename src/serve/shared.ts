import type { Config } from '../config/schema.ts'
import type { FailureCounter } from '../credentials/guessing.ts'
import type { RecordDecision } from '../event.ts'
import type { OpenCredentials } from './identity/credentials.ts'

/** How many failures there may be. */
export type GuessingNumbers = Pick<Config['guessing'], 'failures' | 'perNetwork' | 'window'>

/** What a process shares with others that serve with it as one; without, all of it is its own. */
export interface Shared {
  /** Which of them it is, for the log. */
  readonly worker: number
  /** Those of the Secrets, which no process reads for itself. Throws where it was given none. */
  readonly credentials: () => OpenCredentials
  /** The texts of the policy and of users by their files, as the others have them in force. */
  readonly documents: ReadonlyMap<string, string>
  /** Counts with the others; `own` where they can't be reached. */
  readonly failures: (guessing: GuessingNumbers, own: FailureCounter) => FailureCounter
  /** Tells the live view, where all are seen together. */
  readonly watched: RecordDecision
}
