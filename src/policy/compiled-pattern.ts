import type { Values } from './placeholders.ts'

/** A glob (glob.ts), or between slashes a regular expression (regex.ts). */
export interface Pattern {
  readonly source: string
  /** All that it matches, if that is one text for everyone. */
  readonly plain: string | undefined
  /** Plain text that all that it matches begins with, whoever asks; perhaps empty. */
  readonly start: string
  /** One component behind the first, plain text too, that all that it matches has. */
  readonly component?: string | undefined
  matches(text: string, values: Values): boolean
  /** The same for one who asks, and so perhaps longer; `undefined`: it matches nothing. */
  prefix(values: Values): string | undefined
}
