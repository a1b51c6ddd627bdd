import {
  createServer,
  STATUS_CODES,
  validateHeaderValue,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RequestOrigin } from '../decision.ts'
import type { Reason, Refusal } from '../refusal.ts'
import { followTls, serverOptions, type ListenerTls } from './tls.ts'

/** An HTTP answer, ready to be written to whatever connection is there. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a server of rauth does; all the rest of HTTP is the same for each of them. */
export interface HttpExchange {
  /**
   * Answers a request. No body is waited for, and no "100 Continue" comes before the answer, except by
   * who reads the body: that is told in BODY_BROKEN if the rest of it never comes, and still answers.
   */
  serve(request: IncomingMessage, response: ServerResponse): void | Promise<void>
  /** The answer to a CONNECT: there never is a tunnel. */
  connect(request: IncomingMessage): Promise<HttpAnswer>
  /** The answer to what is no HTTP request, or never becomes a whole one. */
  refuse(refusal: Refusal, origin: RequestOrigin): Promise<HttpAnswer>
  /** Told of an answer that could not be given: the connection is cut then. */
  onFailure(thrown: unknown): void
}

/** An exchange that is another from one request to the next: each is answered by that of its beginning. */
export function exchangeOf(current: () => HttpExchange): HttpExchange {
  return {
    serve: (request, response) => current().serve(request, response),
    connect: (request) => current().connect(request),
    refuse: (refusal, origin) => current().refuse(refusal, origin),
    onFailure: (thrown) => {
      current().onFailure(thrown)
    },
  }
}

/** Event of a request whose body will never be there as a whole, with the reason. */
export const BODY_BROKEN = Symbol('body broken')

/**
 * Seconds after which a client may ask again when rauth could not tell: what it waits for at its
 * start is a matter of a moment.
 */
export const RETRY_AFTER = '2'

/**
 * How long a connection stays open after its last answer while the client still sends, milliseconds.
 * Closed at once, the kernel would reset it, and the answer could be lost on its way.
 */
export const LINGER = 1_000

/**
 * Requests on one connection that wait for their answers. No registry client and no proxy sends the next
 * before it has the answer to the last; Node takes any number, and holds each in memory.
 */
const MAX_UNANSWERED = 16

/** A connection on which nothing moves, such as one of a client that does not read; milliseconds. */
const SOCKET_TIMEOUT = 15_000

const COMMON: ServerOptions = {
  // Node would answer with an empty body.
  requireHostHeader: false,
  // How often the timeouts of headers and requests are looked at, milliseconds.
  connectionsCheckingInterval: 500,
}

/** Errors of the HTTP parser that have a better answer than "malformed". */
const REASONS: ReadonlyMap<string, Reason> = new Map([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'request_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
])

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * A server, not listening yet, that also answers what is no request, and then closes the connection.
 * By itself Node would answer with no body and in no shape that a registry client understands.
 */
export function createExchangeServer(
  options: ServerOptions,
  exchange: HttpExchange,
  tls?: ListenerTls,
): Server {
  const server = tls === undefined ? createServer({ ...COMMON, ...options }) : secure(options, tls)
  server.timeout = SOCKET_TIMEOUT
  const latest = new WeakMap<Duplex, Exchange>()
  /** Those whose last answer is given or under way: what else comes is read, but is for nobody. */
  const ending = new WeakSet<Duplex>()
  const unanswered = new WeakMap<Duplex, number>()

  async function attempt(socket: Duplex, work: () => void | Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      socket.destroy()
      exchange.onFailure(thrown)
    }
  }

  /** Gives the last answer: the one under way if there is one, since another would cut into it. */
  async function end(socket: Duplex, answer: () => Promise<HttpAnswer>): Promise<void> {
    ending.add(socket)
    const { response } = latest.get(socket) ?? {}
    if (response?.writableFinished === false) {
      response.once('close', () => {
        hangUp(socket)
      })
    } else {
      hangUp(socket, formatMessage(await answer()))
    }
  }

  const take = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    if (ending.has(socket)) return
    const waiting = (unanswered.get(socket) ?? 0) + 1
    if (waiting > MAX_UNANSWERED) {
      ending.add(socket)
      stopParsing(socket)
      socket.destroy()
      return
    }
    unanswered.set(socket, waiting)
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
    latest.set(socket, { request, response })
    // Unheard, it would end the process.
    response.on('error', (thrown) => {
      socket.destroy()
      exchange.onFailure(thrown)
    })
    // Node drops what it has read behind a request that asks for another protocol, also where nobody changes to one
    // (llhttp pauses there): what it reads next may begin in the middle of a request.
    if (request.headers.upgrade !== undefined) response.setHeader('Connection', 'close')
    void attempt(socket, () => exchange.serve(request, response))
  }
  server.on('request', take)
  server.on('checkContinue', take)
  server.on('checkExpectation', take)

  server.on('connect', (request, socket) => {
    // Node has let go of it: nobody else reads it, or hears that it breaks.
    socket.on('error', () => socket.destroy()).resume()
    void attempt(socket, () => end(socket, () => exchange.connect(request)))
  })

  server.on('clientError', (error: ClientError, socket) => {
    const reason = reasonOf(error)
    const { request, response } = latest.get(socket) ?? {}
    if (reason !== undefined && ending.has(socket)) return
    const answered = response?.writableFinished === true
    if (reason === undefined || !socket.writable || isSilent(socket)) socket.destroy()
    // Only the rest of its body is missing, which nobody waits for.
    else if (answered && request?.complete === false) socket.destroy()
    else {
      // The answer of who reads that body is the last one then.
      if (request?.complete === false) request.emit(BODY_BROKEN, reason)
      void attempt(socket, () =>
        end(socket, () => exchange.refuse({ reason, ...tlsOnPlain(error) }, originOf(socket))),
      )
    }
  })
  return server
}

/** What Node could not read. */
interface ClientError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer
}

function secure(options: ServerOptions, tls: ListenerTls): Server {
  const server = createSecureServer({ ...COMMON, ...options, ...serverOptions(tls) })
  followTls(server, tls)
  return server
}

/**
 * Answers a request. `last`: bytes may follow that must not become the next request, so the
 * connection ends once the client has sent them, or has had a moment to.
 */
export function sendAnswer(
  { request, response }: Exchange,
  { status, headers, body }: HttpAnswer,
  last: boolean,
): void {
  const fields = { ...headers, 'Content-Length': Buffer.byteLength(body) }
  if (!last) {
    response.writeHead(status, fields).end(body)
    return
  }
  response.writeHead(status, { ...fields, Connection: 'close' }).flushHeaders()
  response.write(body)
  const end = () => response.end()
  const cut = setTimeout(end, LINGER)
  request.once('close', () => {
    clearTimeout(cut)
    end()
  })
  request.resume()
}

/** Bytes of the body that comes; infinite if the client does not say. */
export function bodyLength({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Infinity
  return Number(headers['content-length'] ?? 0)
}

/** `undefined`: the connection broke, or its TLS never came to be, so nobody is left to be told. */
function reasonOf({ code = '' }: NodeJS.ErrnoException): Reason | undefined {
  return REASONS.get(code) ?? (code.startsWith('HPE_') ? 'request_malformed' : undefined)
}

/** The first bytes of a TLS handshake: RFC 8446, 5.1. */
const HANDSHAKE = Buffer.from([0x16, 0x03])

/** Said of a client that speaks TLS to a port that does not: it is told 400, and nobody would guess why. */
function tlsOnPlain({ rawPacket }: ClientError): Pick<Refusal, 'detail'> {
  if (rawPacket?.subarray(0, 2).equals(HANDSHAKE) !== true) return {}
  return {
    detail: 'what came is TLS and this port is plain: give it a certificate, or speak http to it',
  }
}

function originOf(socket: Duplex): RequestOrigin {
  const address = socket instanceof Socket ? socket.remoteAddress : undefined
  return address === undefined ? {} : { address }
}

/**
 * Node goes on with all that one read of the socket brought, up to 64 KiB, whatever became of the socket: of
 * small requests two thousand, each held until the socket is closed. It has no word for that; with
 * another for the next request, its parser stops there, as for an upgrade. Where a Node has no such field,
 * it holds what it did.
 */
function stopParsing(socket: Duplex): void {
  const { parser } = socket as Duplex & { readonly parser?: { onIncoming?: unknown } | null }
  if (parser?.onIncoming !== undefined) parser.onIncoming = () => STOP
}

/** What llhttp takes for "no body, and nothing more of HTTP". */
const STOP = 2

/** Whether no byte ever came, as from a probe or a client that connects ahead of time. */
function isSilent(socket: Duplex): boolean {
  return socket instanceof Socket && socket.bytesRead === 0
}

/** Ends a connection, and cuts it if the client does not end it too. */
function hangUp(socket: Duplex, message = ''): void {
  if (socket.writable) socket.end(message)
  const cut = setTimeout(() => {
    socket.destroy()
  }, LINGER)
  socket.once('close', () => {
    clearTimeout(cut)
  })
}

/** The bytes of an answer, RFC 9112 §2.1, for a connection that Node has given up on. */
function formatMessage({ status, headers, body }: HttpAnswer): string {
  const fields = {
    ...headers,
    Date: new Date().toUTCString(),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }
  const lines = Object.entries(fields).map(([name, value]) => {
    validateHeaderValue(name, value)
    return `${name}: ${value}`
  })
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n')
}
