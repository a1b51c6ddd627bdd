import type { Labels } from '../subject.ts'
import type { Values } from './placeholders.ts'

/**
 * Whether something matches; `undefined`: that can't be told. What can't be told must neither allow
 * anything nor be passed over in silence.
 */
export type Match = boolean | undefined

/** A glob (glob.ts), or between slashes a regular expression (regex.ts). */
export interface Pattern {
  readonly source: string
  /** All that it matches, if that is one text for everyone. */
  readonly plain: string | undefined
  /** Plain text that all that it matches begins with, whoever asks; perhaps empty. */
  readonly start: string
  /** One component behind the first, plain text too, that all that it matches has. */
  readonly component?: string | undefined
  /** The longest plain text that all that it matches has somewhere; perhaps empty. */
  readonly part?: string | undefined
  /** `labels`: those of whoever asks. */
  matches(text: string, values: Values, labels?: Labels): Match
  /** The same as `start` for one who asks, and so perhaps longer; `undefined`: it matches nothing. */
  prefix(values: Values): string | undefined
}
