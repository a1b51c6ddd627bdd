import { readCarried, soleHeader, type CarriedLine, type Proxy } from './proxy.ts'

const LINE: CarriedLine = { method: 'x-forwarded-method', uri: 'x-forwarded-uri' }

/**
 * Traefik's `forwardAuth`: the question is a GET with all the headers of the request, unless
 * `authRequestHeaders` names some. The line of the request is Traefik's word, and the client's only
 * with `trustForwardHeader`, which must be off. Any answer but 2xx is the client's as it is; of a 2xx
 * the headers in `authResponseHeaders` replace those of the request.
 */
export const traefik: Proxy = {
  methodOf: (question) => soleHeader(question, LINE.method),
  read: (question) => readCarried(question, LINE),
  format: (answer) => answer,
}
