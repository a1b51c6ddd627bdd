import { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http2'
import type {
  ConnectionInjector,
  Server,
  ServerCredentials,
  ServerInterceptingCallInterface,
} from '@grpc/grpc-js'

/**
 * What grpc-js 1.14 keeps to itself and has no option for. Tests with real clients hold each of these,
 * so that an upgrade which renames one is seen.
 */

/** The HTTP/2 stream of a call. */
export function streamOf(call: ServerInterceptingCallInterface): EventEmitter {
  const stream = fieldOf(call, 'stream')
  if (stream instanceof EventEmitter) return stream as EventEmitter
  throw new TypeError('a call of grpc-js has no stream')
}

/**
 * Not an encoding that grpc-js knows, so it answers a compressed message with UNIMPLEMENTED and does not
 * inflate it: three hundred bytes would become the longest message that is allowed.
 */
export function refuseCompression(call: ServerInterceptingCallInterface): void {
  const field = 'incomingEncoding'
  if (field in call && call[field] !== 'identity') call[field] = 'none that rauth takes'
}

/** Pairs of name and value in the head of a request; Envoy sends a dozen. */
const MAX_PAIRS = 64

/**
 * The names and values of a request's head are at most `bytes` together; a larger one looks like no gRPC to
 * grpc-js. Binary metadata, of which it makes a buffer for each comma, is left out: rauth reads none.
 *
 * HTTP/2 has settings for it (RFC 9113 §6.5.2), which hold for whoever acknowledges them, and an attacker
 * does not: by HPACK a byte is then some kilobytes again and again. For connections from now on.
 */
export function createInjector(
  server: Server,
  credentials: ServerCredentials,
  bytes: number,
): ConnectionInjector {
  const options = fieldOf(server, 'commonServerOptions')
  if (typeof options !== 'object' || options === null) throw new TypeError(MISSING)
  const before = fieldOf(options, 'settings') as object | undefined
  const settings = { ...before, maxHeaderListSize: bytes, headerTableSize: 0 }
  Object.assign(options, { settings, maxHeaderListPairs: MAX_PAIRS })
  const injector = server.createConnectionInjector(credentials)
  const servers = fieldOf(server, 'http2Servers')
  if (!(servers instanceof Map) || servers.size !== 1) throw new TypeError(MISSING)
  for (const one of servers.keys()) {
    if (!(one instanceof EventEmitter)) throw new TypeError(MISSING)
    one.prependListener('stream', (_stream: unknown, headers: IncomingHttpHeaders) => {
      reduce(headers, bytes)
    })
  }
  return injector
}

function reduce(headers: IncomingHttpHeaders, most: number): void {
  let bytes = 0
  for (const name in headers) {
    bytes += name.length + (headers[name]?.length ?? 0)
    if (name.endsWith('-bin')) Reflect.deleteProperty(headers, name)
  }
  if (bytes <= most) return
  for (const name of Object.keys(headers)) Reflect.deleteProperty(headers, name)
}

const MISSING = 'a server of grpc-js is not made as it was'

function fieldOf(of: object, name: string): unknown {
  return (of as Readonly<Record<string, unknown>>)[name]
}
