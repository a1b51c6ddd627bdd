import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { RequestOrigin } from '../../decision.ts'
import { accepted, refused, type Reason, type Result } from '../../refusal.ts'
import type { RegistryRequest } from '../../registry/request.ts'
import { mayHaveBody } from './body-methods.ts'
import { certainAnswer, reportFailure, type CertainAnswerOptions } from './certain-answer.ts'
import { httpAnswer, type ChallengeOptions, type HttpAnswer } from './check-response.ts'
import { addHeader, type DecisiveHeaders } from './decisive-headers.ts'

export interface GatewayHttpOptions extends CertainAnswerOptions, ChallengeOptions {}

/**
 * Envoy's ext_authz over HTTP: the request that comes here has the method, the path and the
 * Authorization of the one to judge. 200 allows; the answer to any other is the client's answer.
 *
 * Envoy shows neither the Content-Type nor the length of a body unless it is configured to, so
 * requests that may have one are refused: pushes go through the gRPC gateway.
 */
export function createGatewayHttpServer(options: GatewayHttpOptions): Server {
  const answer = (read: () => Result<RegistryRequest>, origin: RequestOrigin) =>
    certainAnswer(options, read, origin, (decision) => httpAnswer(decision, options))

  /** Those whose last answer is on its way: what else comes on them is answered no more. */
  const ending = new WeakSet<Duplex>()

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const last = announcesBody(request)
    if (last) ending.add(request.socket)
    answer(() => readRequestLine(request), originOf(request))
      .then((answered) => {
        send(response, answered, last)
      })
      .catch((thrown: unknown) => {
        reportFailure(options, thrown)
        response.destroy()
      })
  }

  const handleRaw = (
    socket: Duplex,
    read: () => Result<RegistryRequest>,
    origin: RequestOrigin,
  ) => {
    answer(read, origin)
      .then((answered) => {
        sendRaw(socket, answered)
      })
      .catch((thrown: unknown) => {
        reportFailure(options, thrown)
        socket.destroy()
      })
  }

  const server = createServer(
    {
      // The host decides nothing.
      requireHostHeader: false,
      // A token of 8 KiB and a path of as much, and room for the rest.
      maxHeaderSize: 32 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 10_000,
      // Longer than Envoy should keep an idle connection: who closes first risks a request.
      keepAliveTimeout: 75_000,
    },
    handle,
  )
  // Node leaves out what is beyond this number, such as a second Authorization; the size is limited.
  server.maxHeadersCount = 0
  server.maxConnections = 4096
  // An Expect header is no reason for an answer of Node's own.
  server.on('checkContinue', handle)
  server.on('checkExpectation', handle)
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    handleRaw(socket, () => readRequestLine(request), originOf(request))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (ending.has(socket)) return
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    handleRaw(socket, () => refused(reasonOf(error)), {})
  })
  return server
}

function reasonOf({ code }: NodeJS.ErrnoException): Reason {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'request_malformed'
}

/** The other end of the connection is a proxy: whom it asks for, it does not say. */
function originOf({ method }: IncomingMessage): RequestOrigin {
  return method === undefined ? {} : { method }
}

/** The request as its line and headers stood on the wire: `rawHeaders` keeps what is repeated. */
function readRequestLine({ method, url, rawHeaders }: IncomingMessage): Result<RegistryRequest> {
  if (method === undefined || url === undefined) return refused('request_malformed')
  if (mayHaveBody(method)) return refused('body_unseen')
  const headers: DecisiveHeaders = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    addHeader(headers, rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  }
  return accepted({ method, target: url, ...headers })
}

/** Whether bytes follow the headers: nobody reads them, so they must not become the next request. */
function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer, close: boolean) {
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    ...(close ? { connection: 'close' } : {}),
  })
  response.end(body)
}

/** For what Node gives no response to. */
function sendRaw(socket: Duplex, { status, headers, body }: HttpAnswer) {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
