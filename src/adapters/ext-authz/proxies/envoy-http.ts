import { accepted, refused } from '../../../refusal.ts'
import { mayHaveBody } from '../../../registry/request.ts'
import { headerValues, soleHeader, type Proxy, type Question } from './proxy.ts'

/** In an answer that allows: names of headers that Envoy takes from the request, after all else. */
const REMOVE = 'x-envoy-auth-headers-to-remove'

/** Headers in which other proxies name the request, with a question that has no path of its own. */
const OTHERS = ['x-original-uri', 'x-forwarded-uri']

/**
 * Envoy's ext_authz over HTTP, envoy.extensions.filters.http.ext_authz.v3.HttpService: the question
 * has the line of the request itself and those of its headers that `allowed_headers` names. Its
 * Content-Length is always 0, since the body is not sent along.
 *
 * A Content-Type that is not shown may still be there, and be that of a form with a mount in it.
 * Removed, the registry takes the body for bytes. So uploads pass either way, and the manifests of a
 * push pass once `allowed_headers` shows the Content-Type that they can't do without.
 */
export const envoyHttp: Proxy = {
  methodOf: ({ method }) => method,
  read(question) {
    const { method, target } = question
    const other = target === '/' ? OTHERS.find((name) => soleHeader(question, name)) : undefined
    if (other !== undefined) {
      return refused('route_unknown', {
        detail: `${other} is here, and gateway.http is envoy: set it to the proxy that asks`,
      })
    }
    const { authorization, contentType } = headerValues(question)
    return accepted({
      ...{ method, target, queryIsFixed: true },
      ...(authorization === undefined ? {} : { authorization }),
      ...(contentType === undefined ? {} : { contentType }),
    })
  },
  format(answer, question) {
    if (answer.status !== 200 || question === undefined || !hidesType(question)) return answer
    return { ...answer, headers: { ...answer.headers, [REMOVE]: 'content-type' } }
  },
}

/** An empty Content-Type counts as hidden: what is removed then says nothing. */
function hidesType(question: Question): boolean {
  return mayHaveBody(question.method) && soleHeader(question, 'content-type') === undefined
}
