import { z } from 'zod'

/** When a change of a setting counts in a rauth that runs and reads it. */
export type ChangesAt = 'run time' | 'restart'

/** What runs for long and reads a configuration: `rauth serve`, `rauth controller`. */
export type Program = 'serve' | 'controller'

/**
 * When it counts that a file which changes by itself says nothing of a key any more. `at once` is for what
 * only gives, or has nothing to do with rights. Of all else half of a file would take away a restriction:
 * that counts when it is asked for.
 */
export type WhenGone = 'at once' | 'when asked'

/** What is said of a key. What is not is as of the section that it is in. */
export interface Change {
  readonly at?: ChangesAt
  readonly gone?: WhenGone
  /** The programs that read it: to others a change of it is none. */
  readonly readBy?: readonly Program[]
}

/**
 * What the schema says of its keys; a section speaks for all in it. Keys that are judged together must be
 * of one kind: else what was good as a whole could be bad where only a part of it counts.
 */
export const CHANGES = z.registry<Change>()

/** The programs, where both read a key. */
export const BOTH: readonly Program[] = ['serve', 'controller']
