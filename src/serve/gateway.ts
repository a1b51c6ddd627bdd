import { startGrpcServer } from '../adapters/ext-authz/grpc-server.ts'
import { createGatewayHttpServer } from '../adapters/ext-authz/http-server.ts'
import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createCheckAccess, type CheckAccessDependencies } from '../check-access.ts'
import { otherRealms, serviceNames } from '../config/services.ts'
import { onAnswerFailure, onPortError, type Common } from './common.ts'
import type { Logins } from './logins.ts'
import { tagsOf } from './tags.ts'

/**
 * The ports of the gateway, each by the name that it has under `listen`. `running`: false once it is
 * to stop, while the ports are still open.
 */
export async function openGateway(
  common: Common,
  logins: Logins | undefined,
  running: () => boolean,
  opened: (name: string, listener: Listener) => void,
): Promise<void> {
  const { config, store, keys } = common
  const { realm, service, listen } = config
  const { mount, uploadGrace, stripAuthorization, basic } = config.gateway
  const checkAccess = createCheckAccess(
    { ...common, login: basic ? logins && guarded(logins) : undefined, tags: tagsOf(common) },
    { service, services: serviceNames(config), mount, uploadGrace },
  )
  const options = { realm, service, checkAccess, onFailure: onAnswerFailure(common) }
  const grpc = await startGrpcServer(
    {
      ...{ ...options, realms: otherRealms(config), stripAuthorization },
      ready: () => running() && store.ready() && keys.ready(),
      tls: await common.tls.open('gateway'),
    },
    listen.gateway,
    onPortError(common),
  )
  opened('gateway', grpc)
  const tls = await common.tls.open('gatewayHttp')
  const http = createGatewayHttpServer({ ...options, proxy: config.gateway.http, tls })
  opened('gatewayHttp', await listenHttp(http, listen.gatewayHttp, onPortError(common)))
}

/** A login that came in at the gateway counts like one at the token service. */
function guarded({ guard, authenticate }: Logins): CheckAccessDependencies['login'] {
  return (basic, { address }) => {
    const { username, password: secret } = basic
    return guard({ address, username, secret }, () => authenticate({ ...basic, address }))
  }
}
