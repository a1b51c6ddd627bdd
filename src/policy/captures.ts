import { namedGroupsOf, type NamedGroup } from './docker-auth/captures.ts'
import { compilePattern, type Dialect } from './pattern.ts'
import { captureOf, placeholdersIn, type Field, type Values } from './placeholders.ts'
import { compileGroups, compilePlainGroups, isRegex } from './regex.ts'

/**
 * Adds to what placeholders stand for what the expressions of a rule catch; `undefined`: one of them does not
 * match, and so neither does the rule.
 */
export type Captures = (values: Values) => Values | undefined

/**
 * The groups that patterns of a rule name, as `${account:1}`; nothing if they name none. `fields`: its
 * patterns of the parts of a request.
 */
export function compileCaptures(
  fields: Readonly<Partial<Record<Field, string>>>,
  labels: readonly string[],
  dialect: Dialect,
): Captures | undefined {
  const ofFields = Object.values(fields)
  const named =
    dialect === 'docker_auth' ? namedGroupsOf(ofFields) : groupsNamedIn([...ofFields, ...labels])
  const sources = [...new Set(named.map(({ field }) => field))].flatMap((field) => {
    const source = fields[field]
    if (source === undefined || !isRegex(source)) return []
    const groups = dialect === 'docker_auth' ? compilePlainGroups(source) : compileGroups(source)
    const names = named.filter((one) => one.field === field)
    // To match is a fraction of the work that groups are; with placeholders that is not known yet.
    const isPlain = placeholdersIn(source).length === 0
    const pattern = isPlain ? compilePattern(source, dialect) : undefined
    return [{ field, groups, names, pattern }]
  })
  if (sources.length === 0) return undefined
  return (values) => {
    for (const { field, pattern } of sources) {
      if (pattern?.matches(values[field] ?? '', values) === false) return undefined
    }
    const all: Record<string, string | undefined> = { ...values }
    for (const { field, groups, names } of sources) {
      const found = groups(values[field] ?? '', values) ?? []
      for (const { placeholder, group } of names) {
        const text = group < 1 ? undefined : found[group - 1]
        // Nothing that was caught is no value, but to docker_auth.
        if (text !== '' || dialect === 'docker_auth') all[placeholder] = text
      }
    }
    return all
  }
}

function groupsNamedIn(patterns: readonly string[]): readonly NamedGroup[] {
  return patterns.flatMap(placeholdersIn).flatMap((placeholder) => {
    const capture = captureOf(placeholder)
    return capture === undefined ? [] : [{ placeholder, ...capture }]
  })
}
