import { readCarried, soleHeader, type CarriedLine, type Proxy } from './proxy.ts'

const LINE: CarriedLine = { method: 'x-original-method', uri: 'x-original-uri' }

/**
 * HAProxy, which asks by a Lua action: examples/deploy/haproxy/haproxy.lua. The question is a GET with the line of
 * the request, its Authorization and its Content-Type; the action passes any answer on as it is.
 */
export const haproxy: Proxy = {
  methodOf: (question) => soleHeader(question, LINE.method),
  read: (question) => readCarried(question, LINE),
  format: (answer) => answer,
}
