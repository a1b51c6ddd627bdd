import type { z } from 'zod'
import { nearest } from '../nearest.ts'

export interface Mistake {
  readonly path: readonly string[]
  readonly message: string
}

/** What other programs call something of rauth's. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  [
    'acl',
    'unknown key "acl": what docker_auth calls so are the rules of a policy file here, see docs/policy.md',
  ],
])

/** What a schema has against a document, in words that name the key; `keysAt` knows what may stand where. */
export function mistakesOf(
  issue: z.core.$ZodIssue,
  keysAt: (at: readonly string[]) => readonly string[],
): readonly Mistake[] {
  const key = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(key).map((name) => [...key, name].join('.'))
    return issue.keys.map((name) => ({
      path: [...key, name],
      message:
        OTHERS.get(name) ??
        (key.length > 0 && keysAt([]).includes(name)
          ? `unknown key "${[...key, name].join('.')}"; did you mean "${name}", at the top?`
          : unknownName('key', [...key, name].join('.'), known)),
    }))
  }
  if (issue.code === 'invalid_key') {
    const [flaw] = issue.issues
    return [{ path: key, message: `"${key.join('.')}" ${flaw?.message ?? issue.message}` }]
  }
  // What was not written is undefined: a null of a list stays one, and elsewhere there are none.
  const missing = issue.code === 'invalid_type' && issue.input === undefined
  const what = missing ? 'is missing and has no default' : wordsOf(issue)
  return [{ path: key, message: `"${key.join('.')}" ${what}` }]
}

/** For what the schema says nothing of, in place of the library's words. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid')) {
    if (issue.expected === 'array')
      return 'must be a list: write it in [ ], or each in a line after -'
    if (issue.expected === 'object') return 'must be a map: KEY: VALUE below it, or in { }'
    if (issue.expected === 'string') return 'must be text: put it in quotes'
    if (issue.expected === 'boolean') return 'must be true or false'
    if (issue.expected === 'number') return 'must be a number, without quotes'
  }
  return issue.code === 'invalid_value' && issue.message.startsWith('Invalid')
    ? `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`
    : issue.message.replace(/^I/, 'i')
}

/** More names than these nobody reads. */
const MAX_KNOWN = 30

export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const suggestion = nearest(name, known)
  return suggestion === undefined
    ? `unknown ${kind} "${name}"; ${known.length > MAX_KNOWN ? 'docs/configuration.md has all' : `known here: ${known.join(', ')}`}`
    : `unknown ${kind} "${name}"; did you mean "${suggestion}"?`
}
