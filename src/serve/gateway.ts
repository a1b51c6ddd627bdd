import { startGrpcServer } from '../adapters/ext-authz/grpc-server.ts'
import { createGatewayHttpServer } from '../adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createCheckAccess } from '../check-access.ts'
import { lifetimesOf } from '../config/lifetimes.ts'
import { createVerifier } from '../token/verifier.ts'
import { onAnswerFailure, onPortError, type Common } from './common.ts'

/** Tokens whose signature is remembered as good. */
const VERIFIED_TOKENS = 10_000

/** The ports of the gateway, each by the name that it has under `listen`. */
export async function openGateway(
  common: Common,
  opened: (name: string, listener: Listener) => void,
): Promise<void> {
  const { config, keys, store, clock } = common
  const { issuer, realm, service, token, listen } = config
  const { expiry, pushExpiry } = lifetimesOf(config)
  const verifier = createVerifier({
    ...{ keys, issuer, audiences: [service], clock, cacheSize: VERIFIED_TOKENS },
    ...{ leeway: token.leeway, maxLifetime: Math.max(expiry, pushExpiry) },
  })
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
  const http = createGatewayHttpServer({ ...options, proxy: config.gateway.http })
  opened('gatewayHttp', await listenHttp(http, listen.gatewayHttp, onPortError(common)))
}
