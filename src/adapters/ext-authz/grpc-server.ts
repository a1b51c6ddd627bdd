import {
  Server,
  status,
  type ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { load } from '@grpc/proto-loader'
import { messageOf, RauthError } from '../../errors.ts'
import { listenError, type ListenAddress, type Listener } from '../listen.ts'
import type { ListenerTls } from '../tls.ts'
import { answer, reportFailure, type AnswerOptions } from './answer.ts'
import { headersToRemove, originOf, readAttributes, type CheckRequest } from './attributes.ts'
import { checkResponse, type ChallengeOptions, type CheckResponse } from './check-response.ts'
import { grpcCredentials } from './grpc-tls.ts'
import { createHealth, healthDefinition, type Health } from './health.ts'

export interface GrpcServerOptions extends AnswerOptions, ChallengeOptions {
  /** Where `envoy/service/auth/v3/external_auth.proto` and what it imports are. */
  readonly protoDirectory: string
  /** Whether decisions can be made: what grpc.health.v1 answers. */
  readonly ready: () => boolean
  readonly tls?: ListenerTls | undefined
}

const AUTHORIZATION = 'envoy.service.auth.v3.Authorization'
const AUTHORIZATION_FILE = 'envoy/service/auth/v3/external_auth.proto'

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
  // Finds an Envoy that is gone without a word; Envoy looks after its own side (connection_keepalive).
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Answers of a few hundred bytes on a local network gain nothing by compression.
  'grpc.default_compression_algorithm': 0,
  'grpc.enable_channelz': 0,
} as const

/**
 * Envoy's ext_authz over gRPC, and grpc.health.v1 beside it. Throws ERR_PROTO_UNREADABLE or
 * ERR_LISTEN.
 */
export async function startGrpcServer(
  options: GrpcServerOptions,
  address: ListenAddress,
): Promise<Listener> {
  const definition = await loadAuthorization(options.protoDirectory)
  const health = createHealth(options.ready, ['', AUTHORIZATION])
  const server = new Server(CHANNEL)
  server.addService(definition, { Check: createCheck(options) })
  server.addService(healthDefinition, { ...health.implementation })
  try {
    const port = await bind(server, address, grpcCredentials(options.tls))
    return {
      port,
      close: (milliseconds) => close(server, health, { ...address, port }, milliseconds),
    }
  } catch (cause) {
    health.close()
    server.forceShutdown()
    throw listenError(address, cause)
  }
}

/**
 * `tryShutdown` alone would wait for a call that hangs, and with channelz off `forceShutdown` cuts
 * no connection (grpc-js 1.14): `drain` does, if it is called before the two.
 */
function close(
  server: Server,
  health: Health,
  address: ListenAddress,
  milliseconds: number,
): Promise<void> {
  health.close()
  return new Promise((resolve) => {
    server.drain(nameOf(address), milliseconds)
    const cut = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, milliseconds)
    server.tryShutdown(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}

/** The handler of every check. It is not async itself: grpc-js never answers what rejects. */
function createCheck(options: GrpcServerOptions) {
  return (
    { request }: ServerUnaryCall<CheckRequest, CheckResponse>,
    callback: sendUnaryData<CheckResponse>,
  ): void => {
    answer(
      options,
      () => readAttributes(request),
      originOf(request),
      (decision) =>
        checkResponse(decision, options, decision.result.ok ? headersToRemove(request) : []),
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

async function loadAuthorization(directory: string): Promise<ServiceDefinition> {
  const unreadable = (why: string, options?: ErrorOptions) =>
    new RauthError(
      'ERR_PROTO_UNREADABLE',
      `cannot read ${AUTHORIZATION_FILE} in ${directory}: ${why}; install rauth with its proto folder`,
      options,
    )
  const loaded = await load(AUTHORIZATION_FILE, { includeDirs: [directory], keepCase: true }).catch(
    (cause: unknown) => {
      throw unreadable(messageOf(cause), { cause })
    },
  )
  const definition = loaded[AUTHORIZATION]
  if (definition === undefined) throw unreadable(`it has no service ${AUTHORIZATION}`)
  return definition as ServiceDefinition
}

function bind(
  server: Server,
  address: ListenAddress,
  credentials: ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(nameOf(address), credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
}

function nameOf({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
