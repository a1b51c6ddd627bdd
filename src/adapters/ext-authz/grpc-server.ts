import type { ListenAddress, Listener } from '../listen.ts'
import type { ChallengeOptions } from '../registry-answer.ts'
import type { ListenerTls } from '../tls.ts'
import { answer, reportFailure, type AnswerOptions } from './answer.ts'
import { headersToRemove, originOf, readAttributes, type CheckRequest } from './attributes.ts'
import { decodeCheckRequest, encodeCheckResponse } from './check-codec.ts'
import { checkResponse } from './check-response.ts'
import type { ConnectionBounds } from './grpc/bounded-connections.ts'
import { createHealth } from './grpc/health.ts'
import { openGrpcPort } from './grpc/port.ts'
import type { UnaryMethod } from './grpc/method.ts'

export interface GrpcServerOptions extends Pick<AnswerOptions, 'onFailure'> {
  readonly check: Check
  /** Whether decisions can be made: what grpc.health.v1 answers. */
  readonly ready: () => boolean
  readonly tls?: ListenerTls | undefined
  /** Tests have others than the gateway's own. */
  readonly bounds?: Partial<ConnectionBounds>
}

/** The bytes of a CheckRequest → those of its CheckResponse. */
export type Check = UnaryMethod['answer']

export interface CheckOptions extends AnswerOptions, ChallengeOptions {
  /** The realms of the other services that a route may name. */
  readonly realms: ReadonlyMap<string, string>
  /** Whether the registry is not to see the token. */
  readonly stripAuthorization: boolean
}

const AUTHORIZATION = 'envoy.service.auth.v3.Authorization'

/**
 * Envoy's ext_authz over gRPC, and grpc.health.v1 beside it. Throws ERR_LISTEN; `onError` as for any
 * listener.
 */
export async function startGrpcServer(
  options: GrpcServerOptions,
  address: ListenAddress,
  onError?: (error: Error) => void,
): Promise<Listener> {
  const { check, tls, bounds, ready } = options
  const health = createHealth(ready, ['', AUTHORIZATION])
  const methods = new Map([
    [`/${AUTHORIZATION}/Check`, { kind: 'unary', answer: check } as const],
    ...health.methods,
  ])
  try {
    const onFailure = (thrown: unknown) => {
      reportFailure(options, thrown)
    }
    const port = await openGrpcPort({ methods, onFailure, tls, bounds }, address, onError)
    return {
      port: port.port,
      isOpen: () => port.isOpen(),
      async close(milliseconds) {
        health.close()
        await port.close(milliseconds)
      },
    }
  } catch (error) {
    health.close()
    throw error
  }
}

/** What the gateway answers over gRPC. */
export function createCheck(options: CheckOptions): Check {
  const stripped = options.stripAuthorization ? ['authorization'] : []

  function challengeOf({ service }: CheckRequest): ChallengeOptions {
    const realm = service === undefined ? undefined : options.realms.get(service)
    return service === undefined || realm === undefined ? options : { service, realm }
  }

  return (message, { traceparent }) => {
    const request = decodeCheckRequest(message) ?? {}
    return answer(
      options,
      () => readAttributes(request),
      originOf(request, typeof traceparent === 'string' ? traceparent : undefined),
      (decision) => {
        const remove = decision.result.ok ? [...headersToRemove(request), ...stripped] : []
        return encodeCheckResponse(checkResponse(decision, challengeOf(request), remove))
      },
    )
  }
}
