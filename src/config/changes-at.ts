import { z } from 'zod'

/**
 * When a change of a setting counts in a `rauth serve` that runs: at once, after a restart, or never,
 * since it reads none of it.
 */
export type ChangesAt = 'run time' | 'restart' | 'nothing'

/**
 * When it counts that a file which changes by itself says nothing of a key any more. `at once` is for what
 * only gives, or has nothing to do with rights. Of all else half of a file would take away a restriction:
 * that counts when it is asked for.
 */
export type WhenGone = 'at once' | 'when asked'

/**
 * What the schema says of its keys; a section speaks for all in it. Keys that are judged together must be
 * of one kind: else what was good as a whole could be bad where only a part of it counts.
 */
export const CHANGES = z.registry<{ readonly at: ChangesAt; readonly gone?: WhenGone }>()
