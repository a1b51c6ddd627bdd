import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { GRPC } from '../../../refusal.ts'
import { framed } from './message.ts'
import type { GrpcStatus } from './status.ts'

/** How a call is answered (PROTOCOL-HTTP2.md of gRPC, "Responses"). None of this throws. */

/** Answers with a message, and then the trailers that say how it ended. */
const ANSWER: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity',
}
const WITH_TRAILERS = { waitForTrailers: true }
const OK: OutgoingHttpHeaders = { 'grpc-status': String(GRPC.OK) }

/** One more message of an answer; the first has the head before it. */
export function send(stream: ServerHttp2Stream, message: Buffer): void {
  if (respond(stream)) stream.write(framed(message))
}

/** The last message of an answer, if there is one, and OK. */
export function finish(stream: ServerHttp2Stream, message?: Buffer): void {
  if (respond(stream)) stream.end(message === undefined ? undefined : framed(message))
}

/** False: nobody waits for it any more. */
function respond(stream: ServerHttp2Stream): boolean {
  if (stream.destroyed || stream.closed) return false
  if (!stream.headersSent) {
    stream.respond(ANSWER, WITH_TRAILERS)
    stream.once('wantTrailers', sendOk)
  }
  return true
}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(OK)
}

/** Ends a call by its status alone; one that is half answered by a reset. */
export function refuse(stream: ServerHttp2Stream, { code, message }: GrpcStatus): void {
  if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else endByHead(stream, { ...ANSWER, 'grpc-status': String(code), 'grpc-message': message })
}

/** Ends a stream by a head alone, and tells the client to send no more of it (RFC 9113 §8.1). */
export function endByHead(stream: ServerHttp2Stream, head: OutgoingHttpHeaders): void {
  if (isOver(stream)) return
  stream.respond(head, { endStream: true })
  stream.close(constants.NGHTTP2_NO_ERROR)
}

/** Answered, or nobody waits for an answer any more. */
export function isOver(stream: ServerHttp2Stream): boolean {
  return stream.headersSent || stream.destroyed || stream.closed
}
