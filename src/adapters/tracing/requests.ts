import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { SpanKind, type Attributes } from '@opentelemetry/api'
import { codeOf } from '../../errors.ts'
import type { TracePosition } from '../../event.ts'
import type { Ended } from './span.ts'

export interface FollowRequestsOptions {
  /** The decision that a request is made for, if it is for one. */
  readonly within: () => TracePosition | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly newId: () => string
  readonly onEnd: (ended: Ended) => void
}

interface Begun {
  readonly position: TracePosition
  readonly start: number
}

const START = 'http.client.request.start'
const FAILED = 'http.client.request.error'
const FINISHED = 'http.client.response.finish'

/**
 * A span for each HTTP request that rauth makes for a decision: to the API server, to an issuer, a hook, a registry.
 * Node tells of them; whoever makes them knows nothing of it. Of where they go a span has the host: a path may be
 * a secret.
 */
export function followRequests(options: FollowRequestsOptions): { readonly close: () => void } {
  const { within, now, newId, onEnd } = options
  const begun = new WeakMap<ClientRequest, Begun>()

  function end(request: ClientRequest, more: Attributes, failed: boolean): void {
    const found = begun.get(request)
    if (found === undefined) return
    begun.delete(request)
    const { traceId, spanId = '' } = found.position
    onEnd({
      ...{ name: request.method, kind: SpanKind.CLIENT, traceId, spanId: newId() },
      ...{ parent: { spanId, isRemote: false }, start: found.start, end: now(), failed },
      attributes: { 'http.request.method': request.method, ...serverOf(request), ...more },
    })
  }

  const handlers = {
    [START](message: unknown) {
      const position = within()
      if (position?.sampled !== true) return
      begun.set((message as { request: ClientRequest }).request, { position, start: now() })
    },
    [FAILED](message: unknown) {
      const { request, error } = message as { request: ClientRequest; error: Error }
      end(request, { 'error.type': codeOf(error) ?? error.name }, true)
    },
    [FINISHED](message: unknown) {
      const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
      const { statusCode: status = 0 } = response
      const failed = status >= 400
      const error = failed ? { 'error.type': String(status) } : {}
      end(request, { 'http.response.status_code': status, ...error }, failed)
    },
  }
  for (const [name, handler] of Object.entries(handlers)) subscribe(name, handler)
  return {
    close() {
      for (const [name, handler] of Object.entries(handlers)) unsubscribe(name, handler)
    },
  }
}

/** The port is known once there is a connection. */
function serverOf({ host, socket }: ClientRequest): Attributes {
  const port = socket?.remotePort
  return { 'server.address': host, ...(port === undefined ? {} : { 'server.port': port }) }
}
