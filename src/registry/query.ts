import { accepted, refused, type Result } from '../refusal.ts'

const MAX_QUERY = 8192
const MAX_PAIRS = 16

/** What a query may hold: the unreserved, the escapes and the delimiters that clients leave as is. */
const RAW = /^(?:[A-Za-z0-9\-._~!$'()*,:@/=?&]|%[0-9A-Fa-f]{2})*$/

/** Parameters that may come more than once, and what each of their values looks like. */
export type ParameterLists = Readonly<Record<string, RegExp>>

/**
 * Reads a query in the one way that every parser agrees on. Go drops a pair with a bad escape or a
 * semicolon and takes the first of two; JavaScript keeps them: where they could differ this refuses.
 * Each key once and without escapes, no empty key, no `+`, no `;`, no bad escape, no control character.
 *
 * A key of `lists` may come again, with values that match its pattern; its first one is in the answer.
 */
export function parseQuery(
  text: string,
  lists: ParameterLists = {},
): Result<ReadonlyMap<string, string>> {
  const bad = (detail: string) => refused('query_invalid', { detail })
  const query = new Map<string, string>()
  if (text === '') return accepted(query)
  if (text.length > MAX_QUERY) return bad('too long')
  if (!RAW.test(text)) return bad('a character or escape that parsers read in different ways')
  const pairs = text.split('&')
  if (pairs.length > MAX_PAIRS) return bad('too many parameters')
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    // Literal keys only: what is removed from a query upstream is found by its spelling.
    const key = at < 0 ? pair : pair.slice(0, at)
    if (key.includes('%')) return bad('an escape in the name of a parameter')
    const value = decode(at < 0 ? '' : pair.slice(at + 1))
    if (value === undefined) return bad('not UTF-8, or a control character')
    if (key === '') return bad('a parameter without name')
    const list = Object.hasOwn(lists, key) ? lists[key] : undefined
    if (list !== undefined && !list.test(value)) return bad('a value that its parameter has not')
    if (!query.has(key)) query.set(key, value)
    else if (list === undefined) return bad('the same parameter twice')
  }
  return accepted(query)
}

/** All values of a key of `lists`, in a query without a flaw. */
export function listIn(text: string, key: string): readonly string[] {
  return text.split('&').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at >= 0 && pair.slice(0, at) === key ? (decode(pair.slice(at + 1)) ?? []) : []
  })
}

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text)
    return /\p{Cc}/u.test(decoded) ? undefined : decoded
  } catch {
    return undefined
  }
}
