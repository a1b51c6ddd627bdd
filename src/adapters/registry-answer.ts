import { refusalKind, type Refusal } from '../refusal.ts'
import { bearerChallenge } from '../registry/challenge.ts'
import { errorBody } from '../registry/error-body.ts'
import { RETRY_AFTER, type HttpAnswer } from './http-exchange.ts'

/** Where clients are sent for a token, and for which service: configured, never taken from them. */
export interface ChallengeOptions {
  readonly realm: string
  readonly service: string
}

/** What an answer has that stands in for one of the registry. */
export const REGISTRY_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  // By this header clients know a registry and its errors.
  'docker-distribution-api-version': 'registry/2.0',
  // The next token, credential or policy may be another one; 404 and 405 would be kept otherwise.
  'cache-control': 'no-store',
}

/**
 * A refusal as a registry answers it. Words from the refusal table and the configuration only: nothing
 * that the client sent.
 */
export function registryRefusal(
  refusal: Refusal,
  decision: string,
  { realm, service }: ChallengeOptions,
): HttpAnswer {
  const { http, bearer } = refusalKind(refusal.reason)
  const headers: Record<string, string> = { ...REGISTRY_HEADERS }
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
