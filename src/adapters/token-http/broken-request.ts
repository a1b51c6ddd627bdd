import {
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RequestOrigin } from '../../decision.ts'
import type { Reason } from '../../refusal.ts'
import { BODY_BROKEN } from './form-body.ts'
import type { TokenResponse } from './token-response.ts'

/** Answers a refusal that never got as far as a route. */
export type Refuse = (reason: Reason, origin: RequestOrigin) => Promise<TokenResponse>

/**
 * How long a connection stays open after its last answer while the client still sends, milliseconds.
 * Closed at once, the kernel would reset it, and the answer could be lost on its way.
 */
export const LINGER = 1_000

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
 * Hands requests on to `serve`, and answers what is no HTTP request, or never becomes a whole one, and
 * closes its connection. By itself Node would answer with no body and in no shape that a registry
 * client understands.
 */
export function serveRequests(server: Server, serve: RequestListener, refuse: Refuse): void {
  const last = new WeakMap<Duplex, Exchange>()
  const answered = new WeakSet<Duplex>()

  async function answer(socket: Duplex, reason: Reason, method?: string): Promise<void> {
    answered.add(socket)
    const address = socket instanceof Socket ? socket.remoteAddress : undefined
    const origin = {
      ...(address === undefined ? {} : { address }),
      ...(method === undefined ? {} : { method }),
    }
    const response = await refuse(reason, origin)
    if (!socket.writable) return
    socket.end(formatMessage(response))
    closeSoon(socket)
  }

  server.on('request', (request, response) => {
    // What comes after the last answer is read but not meant for anybody.
    if (answered.has(request.socket)) return
    last.set(request.socket, { request, response })
    serve(request, response)
  })

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const reason = reasonOf(error)
    const { request, response } = last.get(socket) ?? {}
    if (reason === undefined || !socket.writable) {
      socket.destroy()
    } else if (request?.complete === false && request.emit(BODY_BROKEN, reason)) {
      // Whoever waits for the rest of that body answers.
    } else if (response?.writableFinished === false) {
      // The answer under way is the last one here: another would cut into it.
      response.once('close', () => socket.destroy())
    } else if (request?.complete === false || isSilent(socket)) {
      // Answered already, the rest of its body is missing; or nothing was ever asked.
      socket.destroy()
    } else {
      void answer(socket, reason)
    }
  })

  server.on('connect', (request, socket) => {
    socket.on('error', () => socket.destroy())
    socket.resume()
    void answer(socket, 'method_unsupported', request.method)
  })
}

/** `undefined`: the connection broke, nobody is left to be told. */
function reasonOf({ code = '' }: NodeJS.ErrnoException): Reason | undefined {
  return REASONS.get(code) ?? (code.startsWith('HPE_') ? 'request_malformed' : undefined)
}

/** Whether no byte ever came, as from a probe or a client that connects ahead of time. */
function isSilent(socket: Duplex): boolean {
  return socket instanceof Socket && socket.bytesRead === 0
}

function closeSoon(socket: Duplex): void {
  const cut = setTimeout(() => {
    socket.destroy()
  }, LINGER)
  socket.once('close', () => {
    clearTimeout(cut)
  })
}

/** The bytes of an answer, RFC 9112 §2.1, for a connection that Node has given up on. */
function formatMessage({ status, headers, body }: TokenResponse): string {
  const fields = {
    ...headers,
    Date: new Date().toUTCString(),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n')
}
