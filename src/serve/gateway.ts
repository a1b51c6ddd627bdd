import { startGrpcServer } from '../adapters/ext-authz/grpc-server.ts'
import { createGatewayHttpServer } from '../adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createCheckAccess } from '../check-access.ts'
import { onAnswerFailure, onPortError, type Common } from './common.ts'
import { verifierOf } from './verifier.ts'

/** The ports of the gateway, each by the name that it has under `listen`. */
export async function openGateway(
  common: Common,
  opened: (name: string, listener: Listener) => void,
): Promise<void> {
  const { config, store } = common
  const { realm, service, listen } = config
  const verifier = verifierOf(common)
  const checkAccess = createCheckAccess({ ...common, verifier })
  const options = { realm, service, checkAccess, onFailure: onAnswerFailure(common) }
  const grpc = await startGrpcServer(
    {
      ...options,
      ready: () => store.ready(),
    },
    listen.gateway,
  )
  opened('gateway', grpc)
  const http = createGatewayHttpServer(options)
  opened('gatewayHttp', await listenHttp(http, listen.gatewayHttp, onPortError(common)))
}
