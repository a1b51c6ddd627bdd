import { errors, jwtVerify, type JWTPayload } from 'jose'
import type { Clock } from '../../clock.ts'
import { mapClaims, type ClaimMapping } from '../../credentials/oidc/mapping.ts'
import { unverifiedIssuer } from '../../credentials/oidc/unverified-issuer.ts'
import type { IdentitySource } from '../../credentials/source.ts'
import { vouchedSubject } from '../../credentials/vouchers.ts'
import { codeOf } from '../../errors.ts'
import type { Redacted } from '../../redacted.ts'
import type { CredentialReference } from '../../subject.ts'
import type { IssuerKeys, LoadedKeys } from './issuer-keys.ts'

export interface IdentityTokensOptions {
  readonly issuer: string
  /** A token must be for one of these. */
  readonly audiences: readonly string[]
  /** Asymmetric ones, of JWS. */
  readonly algorithms: readonly string[]
  /** How far its clock may be ahead, seconds: for when a token begins and was issued, not for its end. */
  readonly leeway: number
  readonly mappings: readonly ClaimMapping[]
  readonly keys: IssuerKeys
  readonly reference: CredentialReference
  readonly clock: Clock
}

type Verified =
  | { readonly kind: 'verified'; readonly payload: JWTPayload & { readonly exp: number } }
  | { readonly kind: 'no' | 'error'; readonly detail: string }

/** What an identity token may say that it is, if it says so. */
const IDENTITY = /^(?:application\/)?jwt$/i

/**
 * The identity tokens of one OIDC issuer as passwords; the user name beside them means nothing. A password
 * that is no token of this issuer is not mine. What is issued for one ends no later than it does.
 */
export function createIdentityTokens(options: IdentityTokensOptions): IdentitySource {
  const { issuer, keys, mappings, reference, clock } = options

  async function verify(token: string, { find }: LoadedKeys): Promise<Verified | 'no key'> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, find, {
        ...{ issuer, audience: [...options.audiences], algorithms: [...options.algorithms] },
        ...{ clockTolerance: options.leeway, currentDate: new Date(clock() * 1000) },
        requiredClaims: ['exp', 'iat'],
      })
      // Other tokens of an issuer have the same key, and the audience that a client chose: RFC 8725 §3.11.
      if (!IDENTITY.test(protectedHeader.typ ?? 'JWT') || payload['events'] !== undefined) {
        return no('it is another kind of token')
      }
      const { exp, iat } = payload
      // Without the leeway that is for its beginning.
      if (exp === undefined || exp <= clock()) return no('it has ended')
      // RFC 7519 leaves it to the reader; an issuer that is so far ahead would also misjudge its end.
      if (iat === undefined || iat > clock() + options.leeway) {
        return no('it was issued in the future')
      }
      return { kind: 'verified', payload: { ...payload, exp } }
    } catch (thrown) {
      if (thrown instanceof errors.JWKSNoMatchingKey) return 'no key'
      // Its message may hold what the token says.
      if (thrown instanceof errors.JOSEError) return no(codeOf(thrown) ?? 'it cannot be verified')
      throw thrown
    }
  }

  async function verifyWithNewest(token: string): Promise<Verified> {
    const came = clock()
    const known = await keys.get()
    if (known === undefined) return error('its issuer gives no keys')
    const verified = await verify(token, known)
    if (verified !== 'no key') return verified
    // Asked since it came, the issuer has no such key.
    if (known.askedAt >= came) return no('its issuer has no such key')
    const newer = await keys.newerThan(known)
    if (newer === undefined)
      return error('its key is not known, and its issuer gives no newer ones')
    const again = await verify(token, newer)
    return again === 'no key' ? no('its issuer has no such key') : again
  }

  const claims = (password: Redacted<string>) => unverifiedIssuer(password.reveal()) === issuer

  return {
    name: `oidc ${issuer}`,
    claims,
    async ask({ password }) {
      if (!claims(password)) return { kind: 'not-mine', detail: 'no token of this issuer' }
      const token = password.reveal()
      const verified = await verifyWithNewest(token)
      if (verified.kind !== 'verified') return verified
      const mapped = mapClaims(mappings, verified.payload)
      if (!mapped.ok) return no(mapped.detail)
      const subject = vouchedSubject(mapped.account, reference, mapped.vouched)
      return { kind: 'yes', subject: { ...subject, until: verified.payload.exp } }
    },
  }
}

function no(detail: string) {
  return { kind: 'no', detail } as const
}

function error(detail: string) {
  return { kind: 'error', detail } as const
}
