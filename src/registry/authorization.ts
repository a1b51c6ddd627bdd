import { accepted, refused, type Result } from '../refusal.ts'

const MAX_HEADER = 8 * 1024 + 16

/** RFC 6750 §2.1: the scheme (any case), spaces, one token. A comma would be a second credential. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * The token of an Authorization header. A header sent twice arrives joined by a comma and is
 * refused, as is anything that two parsers could read differently.
 */
export function bearerToken(header: string | undefined): Result<string> {
  if (header === undefined || header === '') return refused('token_missing')
  if (header.length > MAX_HEADER) {
    return refused('authorization_malformed', { detail: 'longer than a token of ours' })
  }
  const token = BEARER.exec(header)?.[1]
  return token === undefined ? refused('authorization_malformed') : accepted(token)
}

/** Whether the header is, or wants to be, Basic credentials (RFC 7617). */
export function isBasic(header: string | undefined): boolean {
  return header !== undefined && /^basic(?: |$)/i.test(header)
}
