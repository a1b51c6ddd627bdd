import { listenHttp, type Listener } from '../adapters/listen.ts'
import { createTokenServer } from '../adapters/token-http/server.ts'
import { lifetimesOf } from '../config/lifetimes.ts'
import { createAuthenticator } from '../credentials/authenticate.ts'
import { createIssueToken } from '../issue-token.ts'
import { createIssuer } from '../token/issuer.ts'
import { createRefreshTokens } from '../token/refresh-token.ts'
import { reusing } from '../token/reuse.ts'
import { catalogOf } from './catalog.ts'
import { onAnswerFailure, onPortError, type Common } from './common.ts'

/** Tokens that are remembered, to be given out again. */
const REUSED_TOKENS = 5_000

/** The token service, open; on `port` where that is given, else as configured. */
export function openTokenService(common: Common, port: number | undefined): Promise<Listener> {
  const { config, keys, store, hasher, clock } = common
  const { issuer, token, realm, listen } = config
  const refreshTokens = createRefreshTokens({
    ...{ keys, clock, issuer, expiry: token.refresh.expiry, leeway: token.leeway },
  })
  const signing = createIssuer({ keys, x5c: token.x5c })
  const reuse = { keys, age: token.reuse, size: REUSED_TOKENS }
  const reused = token.reuse === 0 ? signing : reusing(signing, reuse)
  const realms = new Map(config.services.map((other) => [other.service, other.realm]))
  const issueToken = createIssueToken(
    {
      ...common,
      authenticate: createAuthenticator({ store, hasher }),
      issuer: reused,
      refreshTokens: token.refresh.enabled ? refreshTokens : undefined,
    },
    { issuer, services: [config.service, ...realms.keys()], ...lifetimesOf(config) },
  )
  const server = createTokenServer({
    ...{ issueToken, issuer, realm, realms },
    catalog: catalogOf(common, reused),
    jwks: () => keys.jwks(),
    onFailure: onAnswerFailure(common),
  })
  const address = { ...listen.token, ...(port === undefined ? {} : { port }) }
  return listenHttp(server, address, onPortError(common))
}
