import { Redacted } from '../redacted.ts'
import { accepted, refused, type Result } from '../refusal.ts'
import { decodeBase64, decodeUtf8, hasControl } from './strict-text.ts'

/** What a client presented, not yet checked. */
export interface BasicCredentials {
  /** Empty: the password is a refresh token. */
  readonly username: string
  /** May be empty. */
  readonly password: Redacted<string>
}

/** Longest Authorization header that is looked at, characters. */
const MAX_HEADER = 4096

/** Longest `username:password` that fits into such a header, bytes. */
export const MAX_USER_PASS = Math.floor((MAX_HEADER - 'Basic '.length) / 4) * 3

/** One value: a repeated header arrives joined by a comma, which is no base64. */
const BASIC = /^basic +([a-z0-9+/]+={0,2})$/i

/**
 * The Authorization header of a token request (RFC 7617 §2). `undefined` is anonymous: no header, or
 * the empty user name with the empty password, which some clients send for "no credentials". The
 * empty user name with a password is not: containerd and BuildKit send refresh tokens so.
 */
export function parseBasic(header: string | undefined): Result<BasicCredentials | undefined> {
  if (header === undefined) return accepted(undefined)
  if (header.length > MAX_HEADER) return malformed('header too long')
  const encoded = BASIC.exec(header)?.[1]
  if (encoded === undefined) return malformed('not one Basic value')
  const bytes = decodeBase64(encoded)
  if (bytes === undefined) return malformed('not canonical base64')
  const text = decodeUtf8(bytes)
  if (text === undefined) return malformed('not UTF-8')
  if (hasControl(text)) return malformed('control character')

  // The first colon ends the user name; all others belong to the password.
  const colon = text.indexOf(':')
  if (colon === -1) return malformed('no colon')
  const username = text.slice(0, colon)
  const password = text.slice(colon + 1)
  if (username === '' && password === '') return accepted(undefined)
  return accepted({ username, password: new Redacted(password) })
}

/** The detail names the rule, never what the client sent. */
function malformed(detail: string): Result<never> {
  return refused('credentials_malformed', { detail })
}
