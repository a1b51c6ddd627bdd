import type { MatchSource } from './compile-rule.ts'
import { patternFlaw } from './pattern-flaw.ts'
import { captureOf, FIELDS, labelsIn, placeholdersIn, type Field } from './placeholders.ts'
import { groupCount, isRegex } from './regex.ts'

export interface MatchFlaw {
  /** Where in the match. */
  readonly path: readonly string[]
  readonly message: string
}

type Patterns = Readonly<Partial<Record<Field, string>>>

/**
 * What is wrong with the patterns of one rule together, each without a flaw of its own: groups that are
 * not there, or of which nobody could say what they catch.
 */
export function captureFlaws(match: MatchSource): readonly MatchFlaw[] {
  const { labels = {} } = match
  const fields = Object.fromEntries(
    FIELDS.flatMap((field) => (match[field] === undefined ? [] : [[field, match[field]]])),
  )
  const flaws: MatchFlaw[] = []
  for (const [field, source] of Object.entries(fields)) {
    const message = flawOfCaptures(source, fields)
    if (message !== undefined) flaws.push({ path: [field], message })
  }
  for (const [label, source] of Object.entries(labels)) {
    const [nested] = labelsIn(source)
    const message =
      nested === undefined
        ? flawOfCaptures(source, fields)
        : `has \${labels:${nested}}, which stands for nothing in the pattern of a label`
    if (message !== undefined) flaws.push({ path: ['labels', label], message })
  }
  return flaws
}

function flawOfCaptures(source: string, fields: Patterns): string | undefined {
  // What is wrong with a pattern by itself is said where it stands.
  if (patternFlaw(source) !== undefined) return undefined
  for (const placeholder of placeholdersIn(source)) {
    const message = flawOfCapture(placeholder, fields)
    if (message !== undefined) return `has \${${placeholder}}, ${message}`
  }
  return undefined
}

function flawOfCapture(placeholder: string, fields: Patterns): string | undefined {
  const capture = captureOf(placeholder)
  if (capture === undefined) return undefined
  const { field, group } = capture
  const from = fields[field]
  if (from === undefined || !isRegex(from)) {
    return `and ${field} here is no regular expression with groups, such as /^(.+)@example\\.com$/`
  }
  if (patternFlaw(from) !== undefined) return undefined
  const open = placeholdersIn(from).find((name) => captureOf(name) ?? labelsIn(`\${${name}}`)[0])
  if (open !== undefined)
    return `and ${field} has \${${open}} itself, so what it catches is not clear`
  const groups = groupCount(from)
  if (group <= groups) return undefined
  return `and ${field} has ${groups === 0 ? 'no group' : groups === 1 ? 'one group' : `${String(groups)} groups`}`
}
