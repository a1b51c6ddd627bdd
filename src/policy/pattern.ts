import type { Pattern } from './compiled-pattern.ts'
import { compileGlob } from './glob.ts'
import { compileRegex, isRegex } from './regex.ts'

export type { Pattern }

/** Throws for what {@link patternFlaw} has something against. */
export function compilePattern(source: string): Pattern {
  return isRegex(source) ? compileRegex(source) : compileGlob(source)
}
