import { formatInstant } from '../../instant.ts'
import type { TokenDecision, TokenGrant } from '../../issue-token.ts'
import { refusalKind, type Refusal } from '../../refusal.ts'
import { basicChallenge } from '../../registry/challenge.ts'
import { errorBody } from '../../registry/error-body.ts'
import { formatScope } from '../../registry/scope.ts'
import { RETRY_AFTER, type HttpAnswer } from '../http-exchange.ts'

/** RFC 6749 §5.1 wants the first two wherever a token could be. */
const HEADERS = {
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'Content-Type': 'application/json',
  'X-Content-Type-Options': 'nosniff',
}

/**
 * A decision → its answer. `realm` is the configured one, for the challenge of a 401; `oauth`: to a
 * POST, whose answer says what was granted.
 */
export function formatTokenResponse(
  { decision, result }: TokenDecision,
  realm: string,
  oauth: boolean,
): HttpAnswer {
  if (result.ok) {
    const body = { ...tokenOf(result.value), ...(oauth ? oauthFieldsOf(result.value) : {}) }
    return { status: 200, headers: HEADERS, body: JSON.stringify(body) }
  }
  const { reason, allow, retryAfter } = result.refusal
  const status = refusalKind(reason).http
  return {
    status,
    headers: {
      ...HEADERS,
      ...(status === 401 ? { 'WWW-Authenticate': basicChallenge(realm) } : {}),
      ...(allow === undefined ? {} : { Allow: allow.join(', ') }),
      ...(status === 503 ? { 'Retry-After': RETRY_AFTER } : {}),
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    },
    body: JSON.stringify({ ...errorBody(result.refusal, decision), ...oauthError(result.refusal) }),
  }
}

/**
 * Distribution token specification, "Token Response Fields". The token under both names, since some
 * clients read one and some the other. Go decodes `expires_in` as an int and `issued_at` as RFC 3339:
 * nothing else will do.
 */
function tokenOf({ token, refreshToken, expiresIn, issuedAt }: TokenGrant) {
  return {
    token,
    access_token: token,
    expires_in: expiresIn,
    issued_at: formatInstant(issuedAt),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
  }
}

/** RFC 6749 §5.1, distribution OAuth specification: required where a POST asks, unknown to a GET. */
function oauthFieldsOf({ access }: TokenGrant) {
  return { token_type: 'Bearer', scope: formatScope(access) }
}

/**
 * RFC 6749 §5.2, beside `errors`: docker prints nothing but "no error details found" without the one,
 * OAuth clients know only the other. No quotation mark may be in a description.
 */
function oauthError({ reason }: Refusal) {
  const { oauth, message } = refusalKind(reason)
  return { error: oauth, error_description: message.replaceAll('"', "'") }
}
