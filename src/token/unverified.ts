import { parseClaims, type ClaimSet } from './claims.ts'
import { splitCompact } from './compact.ts'

/** What a token says of itself. Nobody has looked at its signature: it proves nothing. */
export interface UnverifiedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
  /** The claims, if they are spelled as rauth spells them. */
  readonly claims: ClaimSet | undefined
}

/** For people who look at a token. `undefined`: it is no compact JWS with JSON in it. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  const parts = splitCompact(token)
  const header = jsonOf(parts?.header)
  const payload = jsonOf(parts?.payload)
  if (header === undefined || payload === undefined) return undefined
  return { header, payload, claims: parseClaims(payload) }
}

function jsonOf(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (part === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
