import { splitCompact, unverifiedPart } from '../compact-jws.ts'
import { parseClaims, type ClaimSet } from './claims.ts'

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
  const header = unverifiedPart(parts?.header)
  const payload = unverifiedPart(parts?.payload)
  if (header === undefined || payload === undefined) return undefined
  return { header, payload, claims: parseClaims(payload) }
}
