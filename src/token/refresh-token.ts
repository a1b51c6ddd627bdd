import type { Clock } from '../clock.ts'
import { accepted, refused, type Result } from '../refusal.ts'
import type { CredentialReference } from '../subject.ts'
import { openJws, signJws } from './jws.ts'
import type { SigningKeySet } from './key-set.ts'
import { formatReferences, instant, record, references, text } from './payload.ts'

/**
 * `typ` of a refresh token. It and the audience keep the kinds apart: an access token is refused here
 * and a refresh token wherever access tokens are read, also by a registry that looks at no `typ`.
 */
const REFRESH_TOKEN = 'rauth-refresh+jwt'

/**
 * Longest refresh token, characters: clients present it as the password of Basic credentials too, and
 * more than this does not fit there.
 */
const MAX_REFRESH_TOKEN = 3000

/** Who a refresh token stands for: the credentials that proved it, at the versions that did. */
export interface RefreshHolder {
  /** The user name as authenticated. */
  readonly account: string
  /** At least one. */
  readonly credentials: readonly CredentialReference[]
}

export interface RefreshClaims extends RefreshHolder {
  readonly id: string
}

export interface RefreshTokensOptions {
  readonly keys: SigningKeySet
  readonly clock: Clock
  readonly issuer: string
  /** Lifetime, seconds. One that was made to live longer is refused. */
  readonly expiry: number
  /** How far clocks may differ, seconds. */
  readonly leeway: number
}

/**
 * Refresh tokens (distribution OAuth specification; docker calls them identity tokens): stand for a
 * user name and a password in later requests for tokens. Stateless, so that any replica takes those
 * of any other and none is used up. They give no access: whoever takes one looks its credentials up
 * and asks the policy anew. Bound to one service, and gone with the key that signed them.
 */
export interface RefreshTokens {
  /** `undefined`: the holder has too many credentials for a token that clients can present. */
  issue(id: string, service: string, holder: RefreshHolder): Promise<string | undefined>
  verify(token: string, service: string): Result<RefreshClaims>
}

/** What no access token is for: the name of a service holds no quotation mark. */
export function refreshAudience(service: string): string {
  return `refresh:"${service}"`
}

export function createRefreshTokens(options: RefreshTokensOptions): RefreshTokens {
  const { keys, clock, issuer, expiry, leeway } = options
  return {
    async issue(id, service, { account, credentials }) {
      const now = Math.floor(clock())
      const payload = {
        iss: issuer,
        sub: account,
        aud: refreshAudience(service),
        exp: now + expiry,
        iat: now,
        jti: id,
        rauth: { cred: formatReferences(credentials) },
      }
      const token = await signJws({ typ: REFRESH_TOKEN }, payload, keys.active(now))
      return token.length <= MAX_REFRESH_TOKEN ? token : undefined
    },

    verify(token, service) {
      if (token.length > MAX_REFRESH_TOKEN) return invalid('too long')
      const opened = openJws(token, { keys, type: REFRESH_TOKEN })
      if (!opened.ok) return invalid(opened.refusal.detail)
      const claims = parseRefreshClaims(opened.value.payload)
      if (claims === undefined) return invalid('claims')
      if (claims.issuer !== issuer) return invalid('issuer')
      if (claims.audience !== refreshAudience(service)) return invalid('audience')
      const { id, account, credentials, expiresAt, issuedAt } = claims
      if (expiresAt <= issuedAt || expiresAt - issuedAt > expiry) return invalid('lifetime')
      const now = clock()
      if (now >= expiresAt + leeway) return invalid('expired')
      if (now < issuedAt - leeway) return invalid('issued in the future')
      return accepted({ id, account, credentials })
    },
  }
}

function invalid(detail = 'unreadable') {
  return refused('refresh_token_invalid', { detail })
}

/** Parsed, never cast: exactly the claims that `issue` writes. */
function parseRefreshClaims(payload: unknown) {
  const top = record(payload, ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'rauth'])
  const holder = record(top?.['rauth'], ['cred'])
  const issuer = text(top?.['iss'])
  const account = text(top?.['sub'])
  const audience = text(top?.['aud'])
  const expiresAt = instant(top?.['exp'])
  const issuedAt = instant(top?.['iat'])
  const id = text(top?.['jti'])
  const credentials = references(holder?.['cred'])
  if (
    issuer === undefined ||
    account === undefined ||
    audience === undefined ||
    expiresAt === undefined ||
    issuedAt === undefined ||
    id === undefined ||
    credentials === undefined ||
    credentials.length === 0
  ) {
    return undefined
  }
  return { issuer, account, audience, expiresAt, issuedAt, id, credentials }
}
