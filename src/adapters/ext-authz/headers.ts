import type { RegistryRequest } from '../../registry/request.ts'

/** The header values that a decision depends on, each as one text. */
export type HeaderValues = {
  -readonly [field in 'authorization' | 'contentType' | 'contentLength']?: NonNullable<
    RegistryRequest[field]
  >
}

const FIELDS: ReadonlyMap<string, keyof HeaderValues> = new Map([
  ['authorization', 'authorization'],
  ['content-type', 'contentType'],
  ['content-length', 'contentLength'],
])

const NOT_ASCII = /[^\0-\x7f]/gu
/** U+FFFD: neither white space nor a letter to any parser, whatever byte it stands for. */
const REPLACEMENT = '\ufffd'

/**
 * Keeps a header line if a decision depends on it. A name that comes again is joined by a comma, as
 * HTTP says (RFC 9110 §5.3): to take one of two would leave the other to the registry. What is not
 * ASCII can be in no good value, and is made unable to be trimmed or folded into one.
 */
export function addHeader(found: HeaderValues, name: string, value: string): void {
  const field = FIELDS.get(name.toLowerCase())
  if (field === undefined) return
  const before = found[field]
  const text = value.replace(NOT_ASCII, REPLACEMENT)
  found[field] = before === undefined ? text : `${before},${text}`
}
