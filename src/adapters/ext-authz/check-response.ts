import type { CheckDecision } from '../../check-access.ts'
import { refusalKind, type Refusal } from '../../refusal.ts'
import { bearerChallenge } from '../../registry/challenge.ts'
import { errorBody } from '../../registry/error-body.ts'
import { RETRY_AFTER, type HttpAnswer } from '../http-exchange.ts'

/** Where clients are sent for a token, and for which service: configured, never taken from them. */
export interface ChallengeOptions {
  readonly realm: string
  readonly service: string
}

/** Of envoy.service.auth.v3.CheckResponse what rauth says; headers overwrite those of the same name. */
export interface CheckResponse {
  /** google.rpc.Status; 0 allows. */
  readonly status: { readonly code: number; readonly message: string }
  readonly ok?: {
    readonly headers: Readonly<Record<string, string>>
    readonly headersToRemove: readonly string[]
    readonly queryParametersToRemove: readonly string[]
  }
  readonly denied?: HttpAnswer
}

/**
 * A decision → what Envoy is told. What rauth could not decide is a 503 of its own, too: an error of
 * the call would become Envoy's `status_on_error`, which is 403 unless configured and would look
 * like a denial.
 */
export function checkResponse(
  { decision, result }: CheckDecision,
  options: ChallengeOptions,
  remove: readonly string[],
): CheckResponse {
  if (result.ok) {
    const { headers, removeQuery } = result.value
    return {
      status: { code: 0, message: '' },
      ok: {
        headers,
        headersToRemove: notSet(remove, headers),
        queryParametersToRemove: removeQuery,
      },
    }
  }
  const { reason } = result.refusal
  return {
    status: { code: refusalKind(reason).grpc, message: reason },
    denied: denial(result.refusal, decision, options),
  }
}

/** A decision → what a proxy is told that asks over HTTP: 200 allows. */
export function httpAnswer(
  { decision, result }: CheckDecision,
  options: ChallengeOptions,
): HttpAnswer {
  if (!result.ok) return denial(result.refusal, decision, options)
  // There is no word for it over HTTP: the decision should have been another.
  if (result.value.removeQuery.length > 0) return denial({ reason: 'internal' }, decision, options)
  return {
    status: 200,
    headers: { ...result.value.headers, 'cache-control': 'no-store' },
    body: '',
  }
}

/** Words from the refusal table and the configuration only: nothing that the client sent. */
function denial(refusal: Refusal, decision: string, options: ChallengeOptions): HttpAnswer {
  const { http, bearer } = refusalKind(refusal.reason)
  const { realm, service } = options
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    // By this header clients know a registry and its errors.
    'docker-distribution-api-version': 'registry/2.0',
    // The next token, credential or policy may be another one; 404 and 405 would be kept otherwise.
    'cache-control': 'no-store',
  }
  if (http === 401) {
    headers['www-authenticate'] = bearerChallenge({
      ...{ realm, service },
      ...(refusal.scope === undefined ? {} : { scope: refusal.scope }),
      ...(bearer === undefined ? {} : { error: bearer }),
    })
  }
  if (refusal.allow !== undefined) headers['allow'] = refusal.allow.join(', ')
  if (http === 503) headers['retry-after'] = RETRY_AFTER
  if (refusal.retryAfter !== undefined) headers['retry-after'] = String(refusal.retryAfter)
  return { status: http, headers, body: JSON.stringify(errorBody(refusal, decision)) }
}

/** Envoy removes after it has set: what is set must not be among the names. */
function notSet(
  remove: readonly string[],
  headers: Readonly<Record<string, string>>,
): readonly string[] {
  return remove.filter((name) => !Object.hasOwn(headers, name))
}
