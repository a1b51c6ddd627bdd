import type { IncomingMessage, Server } from 'node:http'
import { requestIdOf, type RequestOrigin } from '../../decision.ts'
import { accepted, refused, type Result } from '../../refusal.ts'
import { mayHaveBody, type RegistryRequest } from '../../registry/request.ts'
import { bodyLength, createExchangeServer, sendAnswer, type HttpAnswer } from '../http-exchange.ts'
import type { ChallengeOptions } from '../registry-answer.ts'
import { answer, reportFailure, type AnswerOptions } from './answer.ts'
import { httpAnswer } from './check-response.ts'
import { addHeader, type HeaderValues } from './headers.ts'

export interface GatewayHttpOptions extends AnswerOptions, ChallengeOptions {}

/** Limits of a connection; times in milliseconds. */
const LIMITS = {
  /** A token of 8 KiB and a path of as much, and room for the rest. */
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  /** Longer than Envoy should keep an idle connection: who closes first risks a request. */
  keepAliveTimeout: 75_000,
}

const MAX_CONNECTIONS = 4_096

/**
 * Envoy's ext_authz over HTTP: the request that comes here has the method, the path and the
 * Authorization of the one to judge. 200 allows; the answer to any other is the client's answer.
 *
 * Envoy shows neither the Content-Type nor the length of a body unless it is configured to, so
 * requests that may have one are refused: pushes go through the gRPC gateway.
 */
export function createGatewayHttpServer(options: GatewayHttpOptions): Server {
  const judge = (read: () => Result<RegistryRequest>, origin: RequestOrigin): Promise<HttpAnswer> =>
    answer(options, read, origin, (decision) => httpAnswer(decision, options))
  const judgeRequest = (request: IncomingMessage) =>
    judge(() => readRequestLine(request), originOf(request))

  const server = createExchangeServer(LIMITS, {
    async serve(request, response) {
      sendAnswer({ request, response }, await judgeRequest(request), bodyLength(request) > 0)
    },
    connect: judgeRequest,
    refuse: (reason) => judge(() => refused(reason), {}),
    onFailure(thrown) {
      reportFailure(options, thrown)
    },
  })
  // Node leaves out what is beyond this number, such as a second Authorization; the size is limited.
  server.maxHeadersCount = 0
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/** The other end of the connection is a proxy: whom it asks for, it does not say. */
function originOf({ method, headers }: IncomingMessage): RequestOrigin {
  const requestId = headers['x-request-id']
  return {
    ...(method === undefined ? {} : { method }),
    ...requestIdOf(typeof requestId === 'string' ? requestId : undefined),
  }
}

/** The request as its line and headers stood on the wire: `rawHeaders` keeps what is repeated. */
function readRequestLine({ method, url, rawHeaders }: IncomingMessage): Result<RegistryRequest> {
  if (method === undefined || url === undefined) return refused('request_malformed')
  if (mayHaveBody(method)) return refused('body_unseen')
  const headers: HeaderValues = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    addHeader(headers, rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  }
  return accepted({ method, target: url, ...headers })
}
