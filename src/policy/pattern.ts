import { matchAny, MAX_EXPRESSIONS, MAX_GLOBS, valuesOf } from './bindings.ts'
import type { Match, Pattern } from './compiled-pattern.ts'
import { compileDockerAuthPattern } from './docker-auth/pattern.ts'
import { compileGlob } from './glob.ts'
import { labelsIn } from './placeholders.ts'
import { compileRegex, isRegex } from './regex.ts'

export type { Match, Pattern }

/** What patterns mean: rauth's own way, or to the letter what docker_auth makes of them. */
export type Dialect = 'rauth' | 'docker_auth'

/** Throws for what {@link patternFlaw} has something against. */
export function compilePattern(source: string, dialect: Dialect = 'rauth'): Pattern {
  if (dialect === 'docker_auth') return compileDockerAuthPattern(source)
  const pattern = isRegex(source) ? compileRegex(source) : compileGlob(source)
  const keys = labelsIn(source)
  return keys.length === 0 ? pattern : withLabels(pattern, keys)
}

/** An empty value is none: it would leave nothing where the pattern wants something. */
function withLabels(pattern: Pattern, keys: readonly string[]): Pattern {
  const most = isRegex(pattern.source) ? MAX_EXPRESSIONS : MAX_GLOBS
  return {
    ...pattern,
    matches(text, values, labels) {
      const told = Object.fromEntries(
        keys.map((key) => [key, valuesOf(labels, key).filter((value) => value !== '')]),
      )
      return matchAny(keys, told, most, (bound) => pattern.matches(text, { ...values, ...bound }))
    },
  }
}
