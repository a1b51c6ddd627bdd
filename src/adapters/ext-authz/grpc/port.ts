import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { Server, Socket } from 'node:net'
import { listen, type ListenAddress, type Listener } from '../../listen.ts'
import { followTls, serverOptions, type ListenerTls } from '../../tls.ts'
import { boundConnections, type ConnectionBounds } from './bounded-connections.ts'
import { MAX_HEAD, serveCall, type CallOptions } from './call.ts'
import { endSession, keepSession, type SessionLife } from './session.ts'

export interface GrpcPortOptions extends CallOptions {
  readonly tls?: ListenerTls | undefined
  /** Tests have others than the usual. */
  readonly bounds?: Partial<ConnectionBounds> | undefined
  readonly life?: Partial<SessionLife> | undefined
}

const OPTIONS: ServerOptions = {
  // Megabytes a connection.
  maxSessionMemory: 16,
  // Names and values of a head; Envoy sends a dozen.
  maxHeaderListPairs: 64,
  settings: {
    enablePush: false,
    // Envoy opens one connection a worker, and another when this many checks are under way on it.
    maxConcurrentStreams: 256,
    maxHeaderListSize: MAX_HEAD,
    // What a client puts into the table it can name again and again by one byte.
    headerTableSize: 0,
  },
}

const LIFE: SessionLife = { age: 15 * 60_000, grace: 10_000, ping: 10_000 }

const BOUNDS: ConnectionBounds = {
  // An Envoy opens one a worker: those of a large mesh.
  connections: 4_096,
  // As many heads that are not whole hold 144 MiB.
  ofAddress: 1_024,
  memory: 64 * 2 ** 20,
  // Envoy gives up after its own timeout, a second or two.
  call: 10_000,
  // Past the age of a session, its jitter of a tenth and its grace: of one that Node forgot.
  age: 17 * 60_000,
}

/**
 * Opens a port for gRPC over HTTP/2, with TLS or without. Of gRPC it has what an Envoy and a kubelet ask:
 * a message and an answer, and watches; no compression, no metadata of its own, no deadline of the client's.
 * Throws ERR_LISTEN; `onError` as for any listener.
 */
export async function openGrpcPort(
  options: GrpcPortOptions,
  address: ListenAddress,
  onError?: (error: Error) => void,
): Promise<Listener> {
  const { tls } = options
  const life = { ...LIFE, ...options.life }
  const connections = boundConnections(
    { ...BOUNDS, ...options.bounds },
    () => performance.now(),
    setImmediate,
  )
  const sessions = new Set<ServerHttp2Session>()
  /** Milliseconds that calls are given, once the port closes. */
  let grace: number | undefined
  const server = tls === undefined ? createServer(OPTIONS) : createTlsServer(tls)
  // Before HTTP/2 or TLS have it.
  server.prependListener('connection', (socket: Socket) => {
    connections.open(socket)
  })
  server.on('session', (session: ServerHttp2Session) => {
    const { remoteAddress, remotePort } = session.socket
    const connection = connections.of({ remoteAddress, remotePort })
    if (connection === undefined) {
      session.destroy()
      return
    }
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    keepSession(session, life, Math.random)
    session.on('stream', (stream: ServerHttp2Stream, head: IncomingHttpHeaders) => {
      serveCall(stream, head, options, connection)
    })
    // Its handshake ended only now.
    if (grace !== undefined) endSession(session, grace)
  })
  try {
    const listener = await listen(server, address, onError)
    return {
      port: listener.port,
      isOpen: () => listener.isOpen(),
      async close(milliseconds) {
        grace = milliseconds
        for (const session of sessions) endSession(session, milliseconds)
        await listener.close(milliseconds)
        connections.close()
      },
    }
  } catch (error) {
    connections.close()
    throw error
  }
}

/** For nothing but HTTP/2; its certificate changes while the port is open. */
function createTlsServer(tls: ListenerTls): Server {
  const server = createSecureServer({ ...OPTIONS, ...serverOptions(tls), allowHTTP1: false })
  server.on('unknownProtocol', (socket: Socket) => {
    socket.destroy()
  })
  followTls(server, tls)
  return server
}
