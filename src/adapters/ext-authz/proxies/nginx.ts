import type { HttpAnswer } from '../../http-exchange.ts'
import { readCarried, soleHeader, type CarriedLine, type Proxy } from './proxy.ts'

/** As nginx's own example of auth_request names them. */
const LINE: CarriedLine = { method: 'x-original-method', uri: 'x-original-uri' }

/** What auth_request passes on; any other status becomes 500. */
const PASSED = [200, 401, 403]

/**
 * nginx's `auth_request`: the question is a GET with all the headers of the request. nginx answers
 * with the status and WWW-Authenticate alone, and with a page of its own: so the true status and the
 * body go along in headers, from which `auth_request_set` and `error_page` can put the answer
 * together again (examples/nginx.conf). What is set up without that says 403 for every 4xx.
 *
 * 503 stays what it is: nginx takes it for a failure, logs it, and never lets the request pass.
 */
export const nginx: Proxy = {
  methodOf: (question) => soleHeader(question, LINE.method),
  read: (question) => readCarried(question, LINE),
  format: (answer) => (answer.status === 200 ? answer : carried(answer)),
}

function carried({ status, headers, body }: HttpAnswer): HttpAnswer {
  const passed = PASSED.includes(status) || status >= 500 ? status : 403
  return {
    status: passed,
    headers: { ...headers, 'x-rauth-status': String(status), 'x-rauth-error': body },
    body,
  }
}
