import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { GRPC } from '../../../refusal.ts'
import type { BoundedConnection } from './bounded-connections.ts'
import { createMessageReader, NOT_INFLATED } from './message.ts'
import type { Method, Methods, WatchMethod } from './method.ts'
import { endByHead, finish, isOver, refuse, send } from './response.ts'
import type { GrpcStatus } from './status.ts'

/**
 * The names and values of a request's head are at most so many bytes: Envoy's own of a check are a few
 * hundred, what it was asked is in the message. HTTP/2 has a setting for it (RFC 9113 §6.5.2), which
 * holds for whoever acknowledges it, and an attacker does not: by HPACK a byte is then some kilobytes
 * again and again.
 */
export const MAX_HEAD = 8 * 1024

export interface CallOptions {
  readonly methods: Methods
  /** Told of a method that failed; must not fail itself. */
  readonly onFailure: (thrown: unknown) => void
}

/** Serves one call, from the head of its request (PROTOCOL-HTTP2.md of gRPC). Never throws. */
export function serveCall(
  stream: ServerHttp2Stream,
  head: IncomingHttpHeaders,
  options: CallOptions,
  connection: BoundedConnection,
): void {
  // A client that goes away is no matter for anyone.
  stream.on('error', ignore)
  // It was cut, and ends when all that came with this is read. To destroy the session meanwhile would end
  // the process: Node gives the data of the next stream to nobody.
  if (!connection.isOpen) return
  const size = sizeOf(head)
  const method = size > MAX_HEAD ? HEAD_TOO_LARGE : methodOf(head, options.methods)
  const call = connection.begin(size)
  // Not when it is answered: until the client has ended it too, Node keeps all of it.
  stream.once('close', () => {
    call.end()
  })
  if (typeof method === 'function') {
    method(stream)
    return
  }
  const reader = createMessageReader()
  stream.on('data', (chunk: Buffer) => {
    const refusal = reader.take(chunk)
    call.hold(reader.held)
    if (refusal !== undefined) refuse(stream, refusal)
  })
  stream.once('end', () => {
    if (isOver(stream)) return
    const message = reader.end()
    if (!Buffer.isBuffer(message)) {
      refuse(stream, message)
      return
    }
    if (method.kind === 'watch') call.lasts()
    void run(stream, method, { head, message }, options)
  })
}

/** Ends a stream that is no call of a method. */
type Refuse = (stream: ServerHttp2Stream) => void

const asHttp =
  (status: number): Refuse =>
  (stream) => {
    endByHead(stream, { ':status': status })
  }

const asGrpc =
  (status: GrpcStatus): Refuse =>
  (stream) => {
    refuse(stream, status)
  }

const HEAD_TOO_LARGE = asHttp(constants.HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE)
const NO_POST = asHttp(constants.HTTP_STATUS_METHOD_NOT_ALLOWED)
const NO_GRPC = asHttp(constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE)
const UNKNOWN = asGrpc({ code: GRPC.UNIMPLEMENTED, message: 'no such method here' })
const COMPRESSED = asGrpc(NOT_INFLATED)
const UNANSWERED: GrpcStatus = { code: GRPC.UNAVAILABLE, message: 'rauth could not answer' }

const CONTENT_TYPE = /^application\/grpc(?:[+;]|$)/

function methodOf(head: IncomingHttpHeaders, methods: Methods): Method | Refuse {
  if (head[':method'] !== 'POST') return NO_POST
  if (!CONTENT_TYPE.test(head['content-type'] ?? '')) return NO_GRPC
  const encoding = head['grpc-encoding']
  if (encoding !== undefined && encoding !== 'identity') return COMPRESSED
  return methods.get(head[':path'] ?? '') ?? UNKNOWN
}

/** Bytes of a head's names and values. Node has those of `set-cookie` one by one, any others joined. */
function sizeOf(head: IncomingHttpHeaders): number {
  let bytes = 0
  for (const name in head) {
    const value = head[name]
    if (typeof value === 'string') bytes += name.length + value.length
    else for (const one of value ?? []) bytes += name.length + one.length
  }
  return bytes
}

/** Never rejects. */
async function run(
  stream: ServerHttp2Stream,
  method: Method,
  { head, message }: { readonly head: IncomingHttpHeaders; readonly message: Buffer },
  { onFailure }: CallOptions,
): Promise<void> {
  try {
    if (method.kind === 'watch') {
      watch(stream, method, message)
      return
    }
    const answer = await method.answer(message, head)
    if (Buffer.isBuffer(answer)) finish(stream, answer)
    else refuse(stream, answer)
  } catch (thrown) {
    refuse(stream, UNANSWERED)
    onFailure(thrown)
  }
}

function watch(stream: ServerHttp2Stream, method: WatchMethod, message: Buffer): void {
  const begun = method.begin(message, {
    send(answer) {
      send(stream, answer)
    },
    end() {
      finish(stream)
    },
  })
  if (typeof begun === 'function') stream.once('close', begun)
  else refuse(stream, begun)
}

function ignore(): void {
  // Nothing is left to be done.
}
