import { createServer } from 'node:net'
import {
  logVerbosity,
  Server,
  setLogVerbosity,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { listen, type ListenAddress, type Listener } from '../listen.ts'
import type { ChallengeOptions } from '../registry-answer.ts'
import type { ListenerTls } from '../tls.ts'
import { boundConnections, type ConnectionBounds } from './bounded-connections.ts'
import { createInjector } from './grpc-internals.ts'
import { answer, reportFailure, type AnswerOptions } from './answer.ts'
import { headersToRemove, originOf, readAttributes, type CheckRequest } from './attributes.ts'
import { decodeCheckRequest, encodeCheckResponse } from './check-codec.ts'
import { checkResponse } from './check-response.ts'
import { grpcCredentials } from './grpc-tls.ts'
import { createHealth, healthDefinition } from './health.ts'

export interface GrpcServerOptions extends AnswerOptions, ChallengeOptions {
  /** Whether decisions can be made: what grpc.health.v1 answers. */
  readonly ready: () => boolean
  /** The realms of the other services that a route may name. */
  readonly realms: ReadonlyMap<string, string>
  /** Whether the registry is not to see the token. */
  readonly stripAuthorization: boolean
  readonly tls?: ListenerTls | undefined
  /** Tests have others than the gateway's own. */
  readonly bounds?: Partial<ConnectionBounds>
}

const AUTHORIZATION = 'envoy.service.auth.v3.Authorization'

const asIs = (bytes: Buffer): Buffer => bytes

/** Bytes on both sides: what is in them is for check-codec.ts, and what is not becomes a decision. */
const DEFINITION: ServiceDefinition = {
  Check: {
    path: `/${AUTHORIZATION}/Check`,
    ...{ requestStream: false, responseStream: false },
    ...{ requestSerialize: asIs, requestDeserialize: asIs },
    ...{ responseSerialize: asIs, responseDeserialize: asIs },
  },
}

const CHANNEL = {
  // Envoy's own limit on all headers of a request is 60 KiB; rauth wants no bodies.
  'grpc.max_receive_message_length': 256 * 1024,
  // Envoy opens one connection a worker, and another when this many checks are under way on it.
  'grpc.max_concurrent_streams': 256,
  // Megabytes a connection; grpc-js has no limit of its own.
  'grpc-node.max_session_memory': 16,
  // Connections are long-lived: without an end, replicas that are added get none of them.
  'grpc.max_connection_age_ms': 15 * 60_000,
  'grpc.max_connection_age_grace_ms': 10_000,
  // Finds an Envoy that is gone without a word, a client that never greets, and a session that broke,
  // of which Node does not tell; Envoy looks after its own side (connection_keepalive).
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  // Answers of a few hundred bytes on a local network gain nothing by compression.
  'grpc.default_compression_algorithm': 0,
  'grpc.enable_channelz': 0,
} as const

/** Envoy's own of a check are a few hundred bytes; what it was asked is in the message. */
const MAX_HEADERS = 8 * 1024

const BOUNDS: ConnectionBounds = {
  // An Envoy opens one a worker: those of a large mesh.
  connections: 4_096,
  memory: 64 * 2 ** 20,
  // Envoy gives up after its own timeout, half a second.
  call: 10_000,
  // Past the age, its jitter of a tenth and the grace of grpc-js.
  age: 17 * 60_000,
}

/**
 * Envoy's ext_authz over gRPC, and grpc.health.v1 beside it. Throws ERR_LISTEN; `onError` as for any
 * listener. The connections are rauth's own: grpc-js has no limit for them, and forgets one whose
 * session it ended and whose client holds on to it.
 */
export async function startGrpcServer(
  options: GrpcServerOptions,
  address: ListenAddress,
  onError?: (error: Error) => void,
): Promise<Listener> {
  // It writes to stderr, as often as they like, which headers of its clients are bad.
  setLogVerbosity(logVerbosity.NONE)
  const health = createHealth(options.ready, ['', AUTHORIZATION])
  const connections = boundConnections({ ...BOUNDS, ...options.bounds }, () => performance.now())
  const server = new Server({ ...CHANNEL, interceptors: [connections.interceptor] })
  server.addService(DEFINITION, { Check: createCheck(options) })
  server.addService(healthDefinition, { ...health.implementation })
  const sessions = createInjector(server, grpcCredentials(options.tls), MAX_HEADERS)
  const ports = createServer((connection) => {
    if (connections.open(connection)) sessions.injectConnection(connection)
    else connection.destroy()
  })
  function shutDown(): void {
    health.close()
    sessions.destroy()
    server.forceShutdown()
    connections.close()
  }

  try {
    const listener = await listen(ports, address, onError)
    return {
      port: listener.port,
      async close(milliseconds) {
        health.close()
        sessions.drain(milliseconds)
        await listener.close(milliseconds)
        shutDown()
      },
    }
  } catch (error) {
    shutDown()
    throw error
  }
}

/** The handler of every check. It is not async itself: grpc-js never answers what rejects. */
function createCheck(options: GrpcServerOptions) {
  const stripped = options.stripAuthorization ? ['authorization'] : []

  function challengeOf({ service }: CheckRequest): ChallengeOptions {
    const realm = service === undefined ? undefined : options.realms.get(service)
    return service === undefined || realm === undefined ? options : { service, realm }
  }

  return (
    { request: bytes }: ServerUnaryCall<Buffer, Buffer>,
    callback: sendUnaryData<Buffer>,
  ): void => {
    const request = decodeCheckRequest(bytes) ?? {}
    answer(
      options,
      () => readAttributes(request),
      originOf(request),
      (decision) => {
        const remove = decision.result.ok ? [...headersToRemove(request), ...stripped] : []
        return encodeCheckResponse(checkResponse(decision, challengeOf(request), remove))
      },
    )
      .then((response) => {
        callback(null, response)
      })
      .catch((thrown: unknown) => {
        reportFailure(options, thrown)
        callback({ code: status.UNAVAILABLE, details: 'rauth could not answer' })
      })
  }
}
