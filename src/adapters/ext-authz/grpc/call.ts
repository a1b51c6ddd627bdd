import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { BoundedConnection } from './bounded-connections.ts'
import { framed, MessageReader, NOT_INFLATED } from './message.ts'
import type { Method, Methods, Watcher } from './method.ts'
import { CODE, type GrpcStatus } from './status.ts'

/**
 * The names and values of a request's head are at most so many bytes: Envoy's own of a check are a few
 * hundred, what it was asked is in the message. HTTP/2 has a setting for it (RFC 9113 §6.5.2), which
 * holds for whoever acknowledges it, and an attacker does not: by HPACK a byte is then some kilobytes
 * again and again.
 */
export const MAX_HEAD = 8 * 1024

/** Answers with a message, and then the trailers that say how it ended. */
const ANSWER: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity',
}
const WITH_TRAILERS = { waitForTrailers: true }
const OK: OutgoingHttpHeaders = { 'grpc-status': String(CODE.ok) }

/** Serves one call, from the head of its request (PROTOCOL-HTTP2.md of gRPC). Never throws. */
export function serveCall(
  stream: ServerHttp2Stream,
  head: IncomingHttpHeaders,
  methods: Methods,
  connection: BoundedConnection,
): void {
  // A client that goes away is no matter for anyone.
  stream.on('error', ignore)
  const method = methodOf(head, methods)
  const call = connection.begin(typeof method === 'object' && method.kind === 'watch')
  // Not when it is answered: until the client has ended it too, Node keeps all of it.
  stream.once('close', () => {
    connection.end(call)
  })
  if (typeof method === 'function') {
    method(stream)
    return
  }
  const reader = new MessageReader()
  stream.on('data', (chunk: Buffer) => {
    const refusal = reader.take(chunk)
    call.held = reader.held
    if (refusal !== undefined) refuse(stream, refusal)
  })
  stream.once('end', () => {
    if (isOver(stream)) return
    const message = reader.end()
    if (Buffer.isBuffer(message)) run(stream, method, message)
    else refuse(stream, message)
  })
}

/** Ends a stream that is no call of a method. */
type Refuse = (stream: ServerHttp2Stream) => void

const asHttp =
  (status: number): Refuse =>
  (stream) => {
    end(stream, { ':status': status })
  }

const asGrpc =
  (status: GrpcStatus): Refuse =>
  (stream) => {
    refuse(stream, status)
  }

const HEAD_TOO_LARGE = asHttp(constants.HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE)
const NO_POST = asHttp(constants.HTTP_STATUS_METHOD_NOT_ALLOWED)
const NO_GRPC = asHttp(constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE)
const UNKNOWN = asGrpc({ code: CODE.unimplemented, message: 'no such method here' })
const COMPRESSED = asGrpc(NOT_INFLATED)

const GRPC = /^application\/grpc(?:[+;]|$)/

function methodOf(head: IncomingHttpHeaders, methods: Methods): Method | Refuse {
  if (sizeOf(head) > MAX_HEAD) return HEAD_TOO_LARGE
  if (head[':method'] !== 'POST') return NO_POST
  if (!GRPC.test(head['content-type'] ?? '')) return NO_GRPC
  const encoding = head['grpc-encoding']
  if (encoding !== undefined && encoding !== 'identity') return COMPRESSED
  return methods.get(head[':path'] ?? '') ?? UNKNOWN
}

function sizeOf(head: IncomingHttpHeaders): number {
  let bytes = 0
  for (const name in head) bytes += name.length + (head[name]?.length ?? 0)
  return bytes
}

function run(stream: ServerHttp2Stream, method: Method, message: Buffer): void {
  if (method.kind === 'watch') {
    respond(stream)
    const watcher: Watcher = {
      send: (answer) => stream.write(framed(answer)),
      end: () => stream.end(),
    }
    stream.once('close', method.begin(message, watcher))
    return
  }
  method
    .answer(message)
    .then((answer) => {
      if (isOver(stream)) return
      if (!Buffer.isBuffer(answer)) {
        refuse(stream, answer)
        return
      }
      respond(stream)
      stream.end(framed(answer))
    })
    .catch((thrown: unknown) => {
      stream.destroy(thrown as Error)
    })
}

/** Answered, or nobody waits for an answer any more. */
function isOver(stream: ServerHttp2Stream): boolean {
  return stream.headersSent || stream.destroyed || stream.closed
}

function respond(stream: ServerHttp2Stream): void {
  stream.respond(ANSWER, WITH_TRAILERS)
  stream.once('wantTrailers', sendOk)
}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(OK)
}

/** Ends a call by its status alone. */
function refuse(stream: ServerHttp2Stream, { code, message }: GrpcStatus): void {
  end(stream, { ...ANSWER, 'grpc-status': String(code), 'grpc-message': message })
}

/** Ends a stream by a head alone, and tells the client to send no more of it (RFC 9113 §8.1). */
function end(stream: ServerHttp2Stream, head: OutgoingHttpHeaders): void {
  if (isOver(stream)) return
  stream.respond(head, { endStream: true })
  stream.close(constants.NGHTTP2_NO_ERROR)
}

function ignore(): void {
  // Nothing is left to be done.
}
