import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createClientAddress } from '../adapters/token-http/client-address.ts'
import { createTokenServer } from '../adapters/token-http/server.ts'
import { lifetimesOf } from '../config/lifetimes.ts'
import { createAuthenticator } from '../credentials/authenticate.ts'
import { createIssueToken } from '../issue-token.ts'
import { createIssuer } from '../token/issuer.ts'
import { createRefreshTokens } from '../token/refresh-token.ts'
import { onAnswerFailure, onPortError, type Common } from './common.ts'
import { createGuarding } from './guessing.ts'

/** The token service, open; on `port` where that is given, else as configured. */
export async function openTokenService(
  common: Common,
  port: number | undefined,
): Promise<Listener> {
  const { config, keys, store, hasher, clock } = common
  const { issuer, token, realm, listen } = config
  const refreshTokens = createRefreshTokens({
    ...{ keys, clock, issuer, expiry: token.refresh.expiry, leeway: token.leeway },
  })
  const { guard, close } = await createGuarding(common)
  const realms = new Map(config.services.map((other) => [other.service, other.realm]))
  const issueToken = createIssueToken(
    {
      ...common,
      guard,
      authenticate: createAuthenticator({ store, hasher }),
      issuer: createIssuer({ keys, x5c: token.x5c }),
      refreshTokens: token.refresh.enabled ? refreshTokens : undefined,
    },
    { issuer, services: [config.service, ...realms.keys()], ...lifetimesOf(config) },
  )
  const server = createTokenServer({
    ...{ issueToken, issuer, realm, realms },
    clientAddress: createClientAddress(config.trustedProxies),
    jwks: () => keys.jwks(),
    onFailure: onAnswerFailure(common),
  })
  const address = { ...listen.token, ...(port === undefined ? {} : { port }) }
  try {
    const listener = await listenHttp(server, address, onPortError(common))
    return {
      port: listener.port,
      async close(milliseconds) {
        await listener.close(milliseconds)
        close()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}
