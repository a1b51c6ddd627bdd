import { z } from 'zod'

/**
 * When a change of a setting counts in a `rauth serve` that runs: at once, after a restart, or never,
 * since it reads none of it.
 */
export type ChangesAt = 'run time' | 'restart' | 'nothing'

/**
 * What the schema says of its keys; a section speaks for all in it. Keys that are judged together must be
 * of one kind: else what was good as a whole could be bad where only a part of it counts.
 */
export const CHANGES = z.registry<{ readonly at: ChangesAt }>()
