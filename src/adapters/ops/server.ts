import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { refusalKind } from '../../refusal.ts'
import { createExchangeServer, sendAnswer, type HttpAnswer } from '../http-exchange.ts'
import type { Metrics } from './metrics.ts'
import type { RecentDecisions } from './recent-decisions.ts'

export interface OperationsOptions {
  readonly metrics: Pick<Metrics, 'contentType' | 'render'>
  /** Each part of rauth that must be ready, by name. */
  readonly parts: Readonly<Record<string, () => boolean>>
  /** What is wrong with a part that goes on all the same, by its name. */
  readonly troubles: Readonly<Record<string, () => string | undefined>>
  /** The last decisions, each for whoever knows its id: none is listed. */
  readonly decisions: Pick<RecentDecisions, 'find'>
  /** What else is asked for here: answers a request, or says nothing of it. */
  readonly more?:
    ((request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined) | undefined
  /** Told of an answer that could not be given. */
  readonly onFailure: (thrown: unknown) => void
}

/** Whoever asks here is the cluster: a prober or two, and a scraper. */
const MAX_CONNECTIONS = 200

const PATHS = ['/livez', '/readyz', '/metrics', '/decisions/ID']

const DECISION = /^\/decisions\/([\w-]{1,64})$/

/** `/livez`, `/readyz`, `/metrics` and `/decisions/ID`, for the cluster and never for clients; not listening yet. */
export function createOperationsServer({
  metrics,
  parts,
  troubles,
  decisions,
  more,
  onFailure,
}: OperationsOptions): Server {
  function readiness(): HttpAnswer {
    const states = Object.entries(parts).map(([name, ready]) => [name, ready()] as const)
    const ready = states.every(([, state]) => state)
    const told = Object.entries(troubles).flatMap(([name, trouble]) => {
      const text = trouble()
      return text === undefined ? [] : [[name, text] as const]
    })
    return json(ready ? 200 : 503, {
      status: ready ? 'ok' : 'not ready',
      parts: Object.fromEntries(states),
      ...(told.length > 0 && { troubles: Object.fromEntries(told) }),
    })
  }

  function decision(id: string): HttpAnswer {
    const found = decisions.find(id)
    if (found !== undefined) return json(200, found)
    return json(404, { status: 'not among the last decisions of this process' })
  }

  async function answer({ method = '', url = '' }: IncomingMessage): Promise<HttpAnswer> {
    if (!['GET', 'HEAD'].includes(method)) {
      const refused = json(405, { status: 'method not allowed' })
      return { ...refused, headers: { ...refused.headers, Allow: 'GET, HEAD' } }
    }
    const path = url.split('?', 1)[0] ?? ''
    const id = DECISION.exec(path)?.[1]
    if (id !== undefined) return decision(id)
    switch (path) {
      case '/livez':
        return json(200, { status: 'ok' })
      case '/readyz':
        return readiness()
      case '/metrics':
        return {
          status: 200,
          headers: { 'Content-Type': metrics.contentType },
          body: await metrics.render(),
        }
      default:
        return json(404, { status: 'not found', paths: PATHS })
    }
  }

  const server = createExchangeServer(
    { headersTimeout: 5_000, requestTimeout: 10_000 },
    {
      async serve(request, response) {
        const answered = more?.(request, response)
        if (answered !== undefined) return answered
        sendAnswer({ request, response }, await answer(request), false)
      },
      connect: answer,
      refuse: (reason) => Promise.resolve(json(refusalKind(reason).http, { status: reason })),
      onFailure,
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  return server
}

function json(status: number, value: object): HttpAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: JSON.stringify(value),
  }
}
