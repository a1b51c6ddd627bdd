import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { refusalKind } from '../../refusal.ts'
import { createExchangeServer, sendAnswer, type HttpAnswer } from '../http-exchange.ts'
import { limitConnections } from '../most-connections.ts'
import { json, type OperationsRoute } from './route.ts'

export interface OperationsOptions {
  readonly routes: readonly OperationsRoute[]
  /** What is no such route, and where it begins: answers a request, or says nothing of it. */
  readonly morePaths?: readonly string[]
  readonly more?: (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined
  /** Told of an answer that could not be given. */
  readonly onFailure: (thrown: unknown) => void
}

/** Whoever asks here is the cluster: a prober or two, and a scraper. */
const MAX_CONNECTIONS = 200

/** An id in a path, in place of the capitals of a route's. */
const ID = /^[\w-]{1,64}$/
const ID_PATH = /^(.*\/)[A-Z]+$/

/** The operations port, for the cluster and never for clients; not listening yet. */
export function createOperationsServer({
  routes,
  morePaths = [],
  more,
  onFailure,
}: OperationsOptions): Server {
  const paths = [...routes.map(({ path }) => path), ...morePaths]
  const exact = new Map(routes.map((route) => [route.path, route]))
  const byId = new Map(
    routes.flatMap((route) => {
      const [, folder] = ID_PATH.exec(route.path) ?? []
      return folder === undefined ? [] : [[folder, route] as const]
    }),
  )

  async function answer({ method = '', url = '' }: IncomingMessage): Promise<HttpAnswer> {
    if (!['GET', 'HEAD'].includes(method)) {
      const refused = json(405, { status: 'method not allowed' })
      return { ...refused, headers: { ...refused.headers, Allow: 'GET, HEAD' } }
    }
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
    const end = path.lastIndexOf('/') + 1
    const id = path.slice(end)
    const named = ID.test(id) ? byId.get(path.slice(0, end)) : undefined
    if (named !== undefined) return named.answer({ id, query })
    const route = exact.get(path)
    return route?.answer({ id: '', query }) ?? json(404, { status: 'not found', paths })
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
      refuse: ({ reason }) => Promise.resolve(json(refusalKind(reason).http, { status: reason })),
      onFailure,
    },
  )
  limitConnections(server, MAX_CONNECTIONS)
  return server
}
