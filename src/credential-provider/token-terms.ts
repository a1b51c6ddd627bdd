import { RauthError } from '../errors.ts'
import { formatInstant } from '../instant.ts'
import { visible } from '../printable.ts'
import type { Redacted } from '../redacted.ts'
import { instant, names } from '../token/payload.ts'
import { readUnverified } from '../token/unverified.ts'

/** The last instant that a calendar has, seconds (ECMA-262, time values). */
const LAST = 8.64e12

/**
 * When a token ends, seconds since the epoch, if it is for this audience alone and has not ended by `now`.
 * Nobody verifies it here: rauth does. But one for another audience is of use elsewhere, so no registry
 * may see it. Throws ERR_REFUSED.
 */
export function endOfToken(token: Redacted<string>, audience: string, now: number): number {
  const payload = readUnverified(token.reveal())?.payload
  if (payload === undefined) throw refused('it is no JWT')
  const { aud, exp } = payload
  const audiences = names(typeof aud === 'string' ? [aud] : aud)
  if (audiences === undefined) throw refused('it has no aud')
  if (audiences.length !== 1 || audiences[0] !== audience) {
    throw refused(
      `it is for ${listed(audiences)}, and ${listed([audience])} alone is wanted; next: the same in ` +
        'serviceAccountTokenAudience and in --audience of the CredentialProviderConfig',
    )
  }
  const end = instant(exp)
  if (end === undefined || end > LAST) throw refused('it has no exp')
  if (end <= now) {
    throw refused(
      `it ended at ${formatInstant(end)}, and it is ${formatInstant(now)} here; next: look at the node's clock`,
    )
  }
  return end
}

/** The first few, none of them long. */
function listed(audiences: readonly string[]): string {
  const told = audiences.slice(0, 3).map((one) => `"${visible(one.slice(0, 100))}"`)
  if (told.length === 0) return 'nobody'
  return audiences.length > told.length ? `${told.join(', ')}, …` : told.join(', ')
}

function refused(why: string): RauthError {
  return new RauthError('ERR_REFUSED', `the ServiceAccount token was not handed on: ${why}`)
}
