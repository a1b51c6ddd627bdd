import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { accepted, refused, type Result } from '../refusal.ts'
import { parseClaims, type ClaimSet } from './claims.ts'
import { openJws } from './jws.ts'
import { createSharing } from './shared-claims.ts'
import type { KeySet, VerificationKey } from './key-set.ts'

/** Longest token that is looked at, characters: the issuing half must make none that is longer. */
export const MAX_TOKEN = 8192

/** `typ` of an access token: the distribution token specification says so. */
export const ACCESS_TOKEN = 'JWT'

export interface VerifierOptions {
  readonly keys: KeySet
  readonly issuer: string
  /** The services whose tokens are good here. */
  readonly audiences: readonly string[]
  /** How far clocks may differ, seconds, for `exp`, `nbf` and `iat` alike. */
  readonly leeway: number
  /** Longest `exp` − `iat` that rauth issues, seconds. */
  readonly maxLifetime: number
  readonly clock: Clock
  /** How many good tokens for one repository are remembered; of those that say more it is fewer. */
  readonly cacheSize: number
  /** Told of each token whether its signature needs no check. */
  readonly onLookup?: (known: boolean) => void
}

/** Characters of the payload of a token for one repository, rounded up. */
const USUAL_PAYLOAD = 512

export interface VerifiedToken {
  readonly claims: ClaimSet
  readonly keyId: string
}

export interface Verifier {
  /** `grace`: for how long after its end a token is still good, seconds. */
  verify(token: string, grace?: number): Result<VerifiedToken>
}

interface Remembered extends VerifiedToken {
  readonly key: VerificationKey
}

/**
 * Accepts a token only as rauth's own issuer spells it (RFC 8725): one spelling of each part, a
 * closed header, the one algorithm of the key that `kid` names, and the whole claim set. The header
 * never chooses a key or an algorithm, and every refusal looks the same to the client.
 *
 * The signature of a token is checked once and remembered by the hash of the whole token; time, key
 * and everything that can change are checked each time.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { keys, leeway, clock, onLookup } = options
  // By size, because a token may say sixty times as much as another.
  const remembered = new LRUCache<string, Remembered>({
    maxSize: options.cacheSize * USUAL_PAYLOAD,
  })

  const share = createSharing()

  /** What about a good signature can be wrong from one moment to the next. */
  function outdated({ claims }: Remembered, grace: number): string | undefined {
    const now = clock()
    if (now >= claims.expiresAt + leeway + grace) return 'expired'
    if (now < claims.notBefore - leeway) return 'not valid yet'
    if (now < claims.issuedAt - leeway) return 'issued in the future'
    return undefined
  }

  return {
    verify(token, grace = 0) {
      if (token.length > MAX_TOKEN) return invalid('too long')
      const id = createHash('sha256').update(token).digest('binary')
      let good = remembered.get(id)
      const known = good !== undefined && keys.find(good.keyId) === good.key
      onLookup?.(known)
      if (good === undefined || !known) {
        const read = readToken(token, options)
        if (!read.ok) return read
        good = { ...read.value, claims: share(read.value.claims) }
        remembered.set(id, good, { size: payloadLength(token) })
      }
      const wrong = outdated(good, grace)
      return wrong === undefined
        ? accepted({ claims: good.claims, keyId: good.keyId })
        : invalid(wrong)
    },
  }
}

function payloadLength(token: string): number {
  return token.lastIndexOf('.') - token.indexOf('.')
}

function invalid(detail: string) {
  return refused('token_invalid', { detail })
}

/** Everything about a token that stays as it is. */
function readToken(token: string, options: VerifierOptions): Result<Remembered> {
  const opened = openJws(token, { keys: options.keys, type: ACCESS_TOKEN })
  if (!opened.ok) return opened
  const { payload, key } = opened.value

  const claims = parseClaims(payload)
  if (claims === undefined) return invalid('claims')
  if (claims.issuer !== options.issuer) return invalid('issuer')
  if (!options.audiences.includes(claims.audience)) return invalid('audience')
  const lifetime = claims.expiresAt - claims.issuedAt
  if (lifetime <= 0 || lifetime > options.maxLifetime) return invalid('lifetime')
  return accepted({ claims, keyId: key.kid, key })
}
