import type { IncomingMessage, Server } from 'node:http'
import { parentOf, requestIdOf, type RequestOrigin } from '../../decision.ts'
import { refused, type Result } from '../../refusal.ts'
import type { RegistryRequest } from '../../registry/request.ts'
import {
  bodyLength,
  createExchangeServer,
  sendAnswer,
  type HttpAnswer,
  type HttpExchange,
} from '../http-exchange.ts'
import type { ChallengeOptions } from '../registry-answer.ts'
import type { ListenerTls } from '../tls.ts'
import { limitConnections } from '../most-connections.ts'
import { answer, reportFailure, type AnswerOptions } from './answer.ts'
import { httpAnswer } from './check-response.ts'
import { isMethod } from './http-method.ts'
import { PROXIES, type ProxyName } from './proxies/proxies.ts'
import { soleHeader, type Question } from './proxies/proxy.ts'

export interface GatewayExchangeOptions extends AnswerOptions, ChallengeOptions {
  /** Which proxy asks. */
  readonly proxy: ProxyName
}

/** Limits of a connection; times in milliseconds. */
const LIMITS = {
  /** A token of 8 KiB and a path of as much, and room for the rest. */
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  /** Longer than a proxy should keep an idle connection: who closes first risks a request. */
  keepAliveTimeout: 75_000,
}

const MAX_CONNECTIONS = 4_096

/** A server with the limits of the gateway's HTTP port; not listening yet. */
export function createGatewayHttpServer(exchange: HttpExchange, tls?: ListenerTls): Server {
  const server = createExchangeServer(LIMITS, exchange, tls)
  // Node leaves out what is beyond this number, such as a second Authorization; the size is limited.
  server.maxHeadersCount = 0
  limitConnections(server, MAX_CONNECTIONS)
  return server
}

/**
 * The gateway over HTTP, for the one kind of proxy that it is configured for: a request that comes
 * here is a question about another one. 200 allows; what any other answer becomes is the proxy's.
 */
export function createGatewayExchange(options: GatewayExchangeOptions): HttpExchange {
  const proxy = PROXIES[options.proxy]
  const judge = (
    read: () => Result<RegistryRequest>,
    origin: RequestOrigin,
    question?: Question,
  ): Promise<HttpAnswer> =>
    answer(options, read, origin, (decision) =>
      proxy.format(httpAnswer(decision, options), question),
    )

  const judgeRequest = (request: IncomingMessage): Promise<HttpAnswer> => {
    const question = questionOf(request)
    if (question === undefined) return judge(() => refused('request_malformed'), {})
    return judge(() => proxy.read(question), originOf(question, proxy.methodOf(question)), question)
  }

  return {
    async serve(request, response) {
      sendAnswer({ request, response }, await judgeRequest(request), bodyLength(request) > 0)
    },
    connect: judgeRequest,
    refuse: (refusal) => judge(() => ({ ok: false, refusal }), {}),
    onFailure(thrown) {
      reportFailure(options, thrown)
    },
  }
}

/** `rawHeaders` keeps what is repeated. */
function questionOf({ method, url, rawHeaders }: IncomingMessage): Question | undefined {
  return method === undefined || url === undefined ? undefined : { method, target: url, rawHeaders }
}

/** The other end of the connection is a proxy: whom it asks for, it does not say. */
function originOf(question: Question, method: string | undefined): RequestOrigin {
  return {
    ...(method !== undefined && isMethod(method) ? { method } : {}),
    ...requestIdOf(soleHeader(question, 'x-request-id')),
    ...parentOf(soleHeader(question, 'traceparent')),
  }
}
