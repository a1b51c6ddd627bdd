import { namedGroupsOf } from '../../../policy/docker-auth/captures.ts'
import { FIELDS, type Field } from '../../../policy/placeholders.ts'
import { groupCount, isRegex } from '../../../policy/regex.ts'
import type { Entry } from '../entry.ts'

/** The placeholders, as they are written, that docker_auth fills in a pattern, and how rauth writes them. */
export type Filled = ReadonlyMap<string, string>

const PLAIN = FIELDS.filter((field) => field !== 'namespace' && field !== 'serviceaccount').map(
  (field) => `\${${field}}`,
)

/**
 * Those of the four patterns, and those of the patterns of labels: there no labels, and of groups only
 * what one of the four names, too.
 */
export function filledIn({ match }: Entry): { readonly patterns: Filled; readonly labels: Filled } {
  const { account, type, name, service } = match
  const fields: Partial<Record<Field, string | undefined>> = { account, type, name, service }
  const sources = Object.values(fields).filter((source) => source !== undefined)
  const groups = namedGroupsOf(sources).flatMap(({ placeholder, field, group }) => {
    const from = fields[field]
    // It looks for groups before it fills anything.
    if (from === undefined || !isRegex(from) || from.includes('${')) return []
    const isThere = group >= 1 && group <= groupCount(from)
    return isThere ? [[`\${${placeholder}}`, `\${${field}:${group}}`] as const] : []
  })
  const labels = sources.flatMap((source) => source.match(/\$\{labels:[^{}$]+\}/g) ?? [])
  const everywhere = [...PLAIN.map((text) => [text, text] as const), ...groups]
  return {
    patterns: new Map([...everywhere, ...labels.map((text) => [text, text] as const)]),
    labels: new Map(everywhere),
  }
}

/** What looks like a placeholder in a pattern and is none. */
export function unfilledIn(source: string, filled: Filled): string | undefined {
  return (source.match(/\$\{[^{}]*\}/g) ?? []).find((text) => !filled.has(text))
}
