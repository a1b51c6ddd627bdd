import { readBody } from './answer-body.ts'
import type { Api } from './api.ts'

/** Largest set that is read, bytes. */
const MAX_SET = 256 * 1024

const PATH = '/openid/v1/jwks'

/** It answers 406 to anybody who takes no more than JSON. */
const ACCEPT = 'application/jwk-set+json, application/json'

/** The text of the JWKS that the tokens of a cluster are verified with; `timeout` in milliseconds. */
export async function fetchClusterKeys(api: Pick<Api, 'get'>, timeout: number): Promise<string> {
  const signal = AbortSignal.timeout(timeout)
  const response = await api.get(PATH, { patience: timeout, signal, accept: ACCEPT })
  return readBody(response, { most: MAX_SET, patience: timeout })
}
