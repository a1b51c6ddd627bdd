import { accepted, refused, type Result } from '../../refusal.ts'

/** Each name with its values, in the order they came. */
export type Parameters = ReadonlyMap<string, readonly string[]>

const MAX_QUERY = 8192
/** Longest form, characters. */
export const MAX_FORM = 16 * 1024
/** 32 scopes, each in a parameter of its own, and room for what clients add. */
const MAX_PAIRS = 64

/** What a query or a form may be made of, RFC 3986 §3.4; a `;` separates pairs to some parsers and not to others. */
const RAW = /^(?:[A-Za-z0-9\-._~!$'()*,:@/?=&+]|%[0-9A-Fa-f]{2})*$/

/** The query of a request target. */
export function parseQuery(text: string): Result<Parameters> {
  if (text.length > MAX_QUERY) return refused('headers_too_large', { detail: 'query too long' })
  return parseParameters(text)
}

/** The body of a form, each byte as one character. */
export function parseForm(text: string): Result<Parameters> {
  if (text.length > MAX_FORM) return refused('request_too_large', { detail: 'form too long' })
  return parseParameters(text)
}

/**
 * Parameters in `application/x-www-form-urlencoded`, as Go and browsers write it: a `+` is a space.
 * Empty pairs mean nothing, as everywhere. A bad escape, bytes that are not UTF-8 or a control
 * character refuse the whole: other parsers drop or keep such a pair, and none of it is ever needed.
 */
function parseParameters(text: string): Result<Parameters> {
  const bad = (detail: string) => refused('parameters_malformed', { detail })
  if (!RAW.test(text)) return bad('a bad escape, or a character that must be escaped')
  const pairs = text.split('&').filter((pair) => pair !== '')
  if (pairs.length > MAX_PAIRS) return bad('too many parameters')
  // A Map: no name that a client can choose means anything to it.
  const parameters = new Map<string, string[]>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    const value = decode(at < 0 ? '' : pair.slice(at + 1))
    if (name === undefined || value === undefined) return bad('not UTF-8, or a control character')
    const values = parameters.get(name)
    if (values === undefined) parameters.set(name, [value])
    else values.push(value)
  }
  return accepted(parameters)
}

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return /\p{Cc}/u.test(decoded) ? undefined : decoded
  } catch {
    return undefined
  }
}
