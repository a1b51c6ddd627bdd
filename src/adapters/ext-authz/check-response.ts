import type { CheckDecision } from '../../check-access.ts'
import { refusalKind } from '../../refusal.ts'
import type { HttpAnswer } from '../http-exchange.ts'
import { registryRefusal, type ChallengeOptions } from '../registry-answer.ts'

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
    denied: registryRefusal(result.refusal, decision, options),
  }
}

/** A decision → what a proxy is told that asks over HTTP: 200 allows. */
export function httpAnswer(
  { decision, result }: CheckDecision,
  options: ChallengeOptions,
): HttpAnswer {
  if (!result.ok) return registryRefusal(result.refusal, decision, options)
  // There is no word for it over HTTP: the decision should have been another.
  if (result.value.removeQuery.length > 0)
    return registryRefusal({ reason: 'internal' }, decision, options)
  return {
    status: 200,
    headers: { ...result.value.headers, 'cache-control': 'no-store' },
    body: '',
  }
}

/** Envoy removes after it has set: what is set must not be among the names. */
function notSet(
  remove: readonly string[],
  headers: Readonly<Record<string, string>>,
): readonly string[] {
  return remove.filter((name) => !Object.hasOwn(headers, name))
}
