import { errors, jwtVerify, type JWTPayload } from 'jose'
import type { Clock } from '../../clock.ts'
import { codeOf } from '../../errors.ts'
import type { IssuerKeys, LoadedKeys } from './issuer-keys.ts'

export interface TokenVerificationOptions {
  readonly issuer: string
  /** A token must be for one of these. */
  readonly audiences: readonly string[]
  /** Asymmetric ones, of JWS. */
  readonly algorithms: readonly string[]
  /** How far its clock may be ahead, seconds: for when a token begins and was issued, not for its end. */
  readonly leeway: number
  readonly keys: IssuerKeys
  readonly clock: Clock
}

/** Details are for the log and quote nothing of the token. */
export type Verified =
  | { readonly kind: 'verified'; readonly payload: JWTPayload & { readonly exp: number } }
  | { readonly kind: 'no' | 'error'; readonly detail: string }

const CLOCKS = 'the clocks of its issuer and of this machine differ by more than leeway'
const HAS_ENDED = 'it has ended, by the clock of this machine'

/** What an identity token may say that it is, if it says so. */
const IDENTITY = /^(?:application\/)?jwt$/i

/** Verifies the identity tokens of one issuer by its keys, for these audiences and at this time. */
export function createTokenVerification(
  options: TokenVerificationOptions,
): (token: string) => Promise<Verified> {
  const { issuer, keys, clock } = options

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
      if (exp === undefined || exp <= clock()) return no(HAS_ENDED)
      // RFC 7519 leaves it to the reader; an issuer that is so far ahead would also misjudge its end.
      if (iat === undefined || iat > clock() + options.leeway) {
        return no(`it was issued in the future: ${CLOCKS}`)
      }
      return { kind: 'verified', payload: { ...payload, exp } }
    } catch (thrown) {
      if (thrown instanceof errors.JWKSNoMatchingKey) return 'no key'
      if (thrown instanceof errors.JOSEError) return no(whyNot(thrown))
      throw thrown
    }
  }

  return async (token) => {
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
}

/** Words for claims that are there and are not as they must be; of any other fault the code and the claim are told. */
const CLAIM_WORDS: ReadonlyMap<string, string> = new Map([
  ['aud', 'it is for somebody else: its aud is none of audience'],
  ['iss', 'it is of another issuer'],
  ['nbf', `it has not begun: ${CLOCKS}`],
])

/** The message of jose's may hold what the token says. */
function whyNot(thrown: errors.JOSEError): string {
  if (thrown instanceof errors.JWTExpired) return HAS_ENDED
  const code = codeOf(thrown) ?? 'it cannot be verified'
  if (!(thrown instanceof errors.JWTClaimValidationFailed)) return code
  const words = thrown.reason === 'check_failed' ? CLAIM_WORDS.get(thrown.claim) : undefined
  return words ?? `${code} ${thrown.claim}`
}

function no(detail: string) {
  return { kind: 'no', detail } as const
}

function error(detail: string) {
  return { kind: 'error', detail } as const
}
