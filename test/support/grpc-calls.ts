import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2'
import { message } from './http2-frames.ts'

/** gRPC by hand, over the client of HTTP/2 alone: what a library would do by itself can be left undone. */

/** Longer than a call lasts on any machine, milliseconds. */
const PATIENCE = 60_000

export interface GrpcAnswer {
  readonly head: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: Buffer
}

export function grpcSession(port: number): ClientHttp2Session {
  return connect(`http://127.0.0.1:${port}`).on('error', () => undefined)
}

/** The head of a call; its message is the caller's to send. */
export function beginCall(
  over: ClientHttp2Session,
  path: string,
  head: Readonly<Record<string, string | string[]>> = {},
): ClientHttp2Stream {
  const stream = over.request({
    ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    ...head,
  })
  return stream.on('error', () => undefined)
}

/** What comes back until the stream is closed. */
export async function answerOf(stream: ClientHttp2Stream): Promise<GrpcAnswer> {
  const got: { head: IncomingHttpHeaders; trailers: IncomingHttpHeaders } = {
    ...{ head: {}, trailers: {} },
  }
  const parts: Buffer[] = []
  stream.on('response', (headers) => (got.head = headers))
  stream.on('trailers', (headers: IncomingHttpHeaders) => (got.trailers = headers))
  stream.on('data', (chunk: Buffer) => parts.push(chunk))
  // Also after a reset, which is an error, too.
  if (!stream.closed) {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`no end of a call within ${PATIENCE} ms`))
      }, PATIENCE)
      stream.once('close', () => {
        clearTimeout(late)
        resolve()
      })
    })
  }
  return { ...got, body: Buffer.concat(parts) }
}

export function grpcCall(
  over: ClientHttp2Session,
  path: string,
  head: Readonly<Record<string, string | string[]>> = {},
  sent: readonly Buffer[] = [message(Buffer.from('hello'))],
): Promise<GrpcAnswer> {
  const stream = beginCall(over, path, head)
  for (const bytes of sent) stream.write(bytes)
  stream.end()
  return answerOf(stream)
}
