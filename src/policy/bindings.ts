import type { Labels } from '../subject.ts'
import type { Match } from './compiled-pattern.ts'
import type { Values } from './placeholders.ts'

/** Values of the labels in one pattern that are tried, all combinations: a glob takes under a microsecond. */
export const MAX_GLOBS = 1_000

/** The same of a regular expression, which may have to be compiled for each. */
export const MAX_EXPRESSIONS = 100

/**
 * Whether something matches with any one value for each of these labels, the same wherever the label
 * stands. With more combinations than `most` that can't be told.
 */
export function matchAny(
  keys: readonly string[],
  labels: Labels | undefined,
  most: number,
  matches: (bound: Values) => Match,
): Match {
  const sets: (readonly [placeholder: string, values: readonly string[]])[] = []
  let combinations = 1
  for (const key of keys) {
    const values = valuesOf(labels, key)
    sets.push([`labels:${key}`, values])
    combinations *= values.length
  }
  if (combinations > most) return undefined
  let result: Match = false
  for (let at = 0; at < combinations; at += 1) {
    const bound: Record<string, string | undefined> = {}
    let rest = at
    for (const [placeholder, values] of sets) {
      bound[placeholder] = values[rest % values.length]
      rest = Math.floor(rest / values.length)
    }
    const match = matches(bound)
    if (match === true) return true
    if (match === undefined) result = undefined
  }
  return result
}

/** The values of a label; none if there is no such label. */
export function valuesOf(labels: Labels | undefined, key: string): readonly string[] {
  return labels !== undefined && Object.hasOwn(labels, key) ? (labels[key] ?? []) : []
}
