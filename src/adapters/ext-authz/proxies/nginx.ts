import { refused, type Result } from '../../../refusal.ts'
import type { RegistryRequest } from '../../../registry/request.ts'
import type { HttpAnswer } from '../../http-exchange.ts'
import { readCarried, soleHeader, type CarriedLine, type Proxy, type Question } from './proxy.ts'

/** As nginx's own example of auth_request names them. */
const LINE: CarriedLine = { method: 'x-original-method', uri: 'x-original-uri' }

/**
 * Where ingress-nginx has the whole URL, always. It sets X-Original-URI only with the annotation
 * `auth-method`: without it the client's own comes through, and must not say what is judged.
 */
const WHOLE_URL = 'x-original-url'

/** What auth_request passes on; any other status becomes 500. */
const PASSED = [200, 401, 403]

/**
 * nginx's `auth_request`: the question is a GET with all the headers of the request. nginx answers
 * with the status and WWW-Authenticate alone, and with a page of its own: so the true status and the
 * body go along in headers, from which `auth_request_set` and `error_page` can put the answer
 * together again (examples/deploy/nginx/registry.conf). What is set up without that says 403 for every 4xx.
 *
 * 503 stays what it is: nginx takes it for a failure, logs it, and never lets the request pass.
 */
export const nginx: Proxy = {
  methodOf: (question) => soleHeader(question, LINE.method),
  read,
  format: (answer) => (answer.status === 200 ? answer : carried(answer)),
}

function read(question: Question): Result<RegistryRequest> {
  const request = readCarried(question, LINE)
  if (!request.ok || agrees(question, request.value.target)) return request
  return refused('request_malformed', {
    detail: `${WHOLE_URL} names another request than ${LINE.uri}: with ingress-nginx set the annotation auth-method`,
  })
}

/** Whether each whole URL that is there is a scheme, a host and this very path with its query. */
function agrees({ rawHeaders }: Question, target: string): boolean {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== WHOLE_URL) continue
    const url = rawHeaders[i + 1] ?? ''
    const site = /^https?:\/\/[^/?#]*/.exec(url)?.[0]
    if (site === undefined || site + target !== url) return false
  }
  return true
}

function carried({ status, headers, body }: HttpAnswer): HttpAnswer {
  const passed = PASSED.includes(status) || status >= 500 ? status : 403
  return {
    status: passed,
    headers: { ...headers, 'x-rauth-status': String(status), 'x-rauth-error': body },
    body,
  }
}
