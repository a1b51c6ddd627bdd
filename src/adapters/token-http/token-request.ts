import { parseBasic, type BasicCredentials } from '../../credentials/basic-auth.ts'
import type { TokenRequest } from '../../issue-token.ts'
import { accepted, refused, type Result } from '../../refusal.ts'
import { parseScopes } from '../../registry/scope.ts'
import { parseParameters, type Parameters } from './parameters.ts'

/**
 * What OAuth sends in a form and never in a URL (RFC 6749 §2.3.1, RFC 6750 §5.3): refused and not
 * ignored, so that whoever did learns of it.
 */
const CREDENTIALS = ['password', 'client_secret', 'refresh_token', 'access_token']

/**
 * A GET of the token endpoint (distribution token specification, "Requesting a Token").
 * `authorization` is each Authorization header by itself: of two, which one counts would depend on
 * who reads them. Parameters that mean nothing here (`client_id`, `offline_token`, …) are ignored.
 */
export function readTokenRequest(
  query: string,
  authorization: readonly string[],
): Result<TokenRequest> {
  const parsed = parseParameters(query)
  if (!parsed.ok) return parsed
  const parameters = parsed.value
  for (const name of parameters.keys()) {
    if (CREDENTIALS.includes(name.toLowerCase())) return refused('credentials_in_query')
  }
  const service = once(parameters, 'service')
  if (!service.ok) return service
  const account = once(parameters, 'account')
  if (!account.ok) return account
  const requested = parseScopes(parameters.get('scope') ?? [])
  if (!requested.ok) return requested

  if (authorization.length > 1) {
    return refused('credentials_malformed', { detail: 'more than one Authorization header' })
  }
  const basic = parseBasic(authorization[0])
  if (!basic.ok) return basic
  const claimed = claimedAccount(account.value, basic.value)
  if (!claimed.ok) return claimed
  return accepted({ service: service.value, requested: requested.value, basic: basic.value })
}

/** The value of what may be given once; empty when it is not. */
function once(parameters: Parameters, name: 'service' | 'account'): Result<string> {
  const [value = '', ...others] = parameters.get(name) ?? []
  return others.length === 0
    ? accepted(value)
    : refused('parameters_malformed', { detail: `${name} more than once` })
}

/**
 * Clients name the user in `account` too. It proves nothing, so it may only repeat what the
 * credentials say; else the answer is that for a wrong password.
 */
function claimedAccount(account: string, basic: BasicCredentials | undefined): Result<undefined> {
  if (account === '' || account === basic?.username) return accepted(undefined)
  const detail = 'account is not the user name'
  return refused(basic === undefined ? 'credentials_missing' : 'credentials_invalid', { detail })
}
