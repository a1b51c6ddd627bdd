import type { Field } from '../placeholders.ts'

/** A group that one of the patterns of an entry names. */
export interface NamedGroup {
  /** As it is written between the braces, such as `account:1`. */
  readonly placeholder: string
  readonly field: Field
  readonly group: number
}

/** As docker_auth finds them: the first of two placeholders in a row swallows the second. */
const CAPTURE = /\$\{([^\n]+?):(\d+)\}/g

const FIELDS: Readonly<Record<string, Field>> = {
  account: 'account',
  Account: 'account',
  type: 'type',
  Type: 'type',
  name: 'name',
  Name: 'name',
  service: 'service',
  Service: 'service',
}

/**
 * The groups that docker_auth finds in the patterns of an entry, those of its labels left out. What it
 * does not find stays in the pattern as it is written.
 */
export function namedGroupsOf(patterns: readonly string[]): readonly NamedGroup[] {
  return patterns.flatMap((pattern) =>
    [...pattern.matchAll(CAPTURE)].flatMap(([, name = '', group = '']) => {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
      return field === undefined
        ? []
        : [{ placeholder: `${name}:${group}`, field, group: Number(group) }]
    }),
  )
}
