import { createCheck, type Check } from '../adapters/ext-authz/grpc-server.ts'
import { createGatewayExchange } from '../adapters/ext-authz/http-server.ts'
import type { HttpExchange } from '../adapters/http-exchange.ts'
import { createCheckAccess, type CheckAccessDependencies } from '../check-access.ts'
import type { Config } from '../config/schema.ts'
import { otherRealms, serviceNames } from '../config/services.ts'
import { onAnswerFailure, type Common } from './common.ts'
import type { Logins } from './logins.ts'
import { tagsOf } from './tags.ts'

/** One answer over each of its ports. */
export interface GatewayHalf {
  readonly check: Check
  readonly http: HttpExchange
}

/** The gateway, as configured; its ports are opened elsewhere. */
export function createGateway(common: Common, logins: Logins | undefined): GatewayHalf {
  const { config } = common
  const { realm, service } = config
  const { mount, uploadGrace, stripAuthorization, basic } = config.gateway
  const checkAccess = createCheckAccess(
    {
      ...{ ...common, tags: tagsOf(common) },
      login: basic ? logins && guarded(logins, config) : undefined,
    },
    { service, services: serviceNames(config), mount, uploadGrace },
  )
  const options = { realm, service, checkAccess, onFailure: onAnswerFailure(common) }
  return {
    check: createCheck({ ...options, realms: otherRealms(config), stripAuthorization }),
    http: createGatewayExchange({ ...options, proxy: config.gateway.http }),
  }
}

/** A login that came in at the gateway counts like one at the token service. */
function guarded(
  { guardOf, authenticate }: Logins,
  { guessing }: Config,
): CheckAccessDependencies['login'] {
  const guard = guardOf(guessing)
  return (basic, { address }) => {
    const { username, password: secret } = basic
    return guard({ address, username, secret }, () => authenticate({ ...basic, address }))
  }
}
