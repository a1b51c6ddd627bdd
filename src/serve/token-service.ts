import type { HttpExchange } from '../adapters/http-exchange.ts'
import { createClientAddress, type ClientHeader } from '../adapters/token-http/client-address.ts'
import { createUntrustedNotice } from '../adapters/token-http/untrusted-forwarders.ts'
import { createTokenExchange } from '../adapters/token-http/server.ts'
import type { Config } from '../config/schema.ts'
import { lifetimesOf } from '../config/lifetimes.ts'
import { otherRealms, serviceNames } from '../config/services.ts'
import { RauthError } from '../errors.ts'
import { createAuthorize, type AskedDecider } from '../authorize.ts'
import { createFastLane } from '../fast-lane.ts'
import { createIssueToken } from '../issue-token.ts'
import { createIssuer } from '../token/issuer.ts'
import { createRefreshTokens } from '../token/refresh-token.ts'
import { reusing } from '../token/reuse.ts'
import { catalogOf } from './catalog.ts'
import { onAnswerFailure, type Common } from './common.ts'
import type { Logins } from './logins.ts'

/** Tokens that are remembered, to be given out again. */
const REUSED_TOKENS = 5_000

export interface TokenServiceOptions {
  readonly decider: AskedDecider | undefined
  /** False once it is to stop, while its port is still open. */
  readonly running: () => boolean
}

/**
 * The token service, as configured; its port is opened elsewhere. Throws ERR_CONFIG_INVALID where no key can
 * sign.
 */
export function createTokenService(
  common: Common,
  { guardOf, authenticate }: Logins,
  { decider, running }: TokenServiceOptions,
): HttpExchange {
  const { config, signingKeys: keys, clock, metrics } = common
  if (keys === undefined) {
    throw new RauthError(
      'ERR_CONFIG_INVALID',
      'keys.verifyOnly is for rauth serve --role gateway: a token service signs; unset it here, and ' +
        'name the folder with the private keys in keys.directory',
    )
  }
  const { issuer, token, realm, guessing, service } = config
  const { fastLane } = config.gateway
  const refreshTokens = createRefreshTokens({
    ...{ keys, clock, issuer, expiry: token.refresh.expiry, leeway: token.leeway },
  })
  const signing = createIssuer({ keys, x5c: token.x5c })
  const reused =
    token.reuse === 0
      ? signing
      : reusing(signing, {
          ...{ keys, age: token.reuse, size: REUSED_TOKENS },
          onLookup: metrics.lookup('issued_tokens'),
        })
  const issueToken = createIssueToken(
    {
      ...common,
      ...{ guard: guardOf(guessing), authenticate },
      authorize: createAuthorize(decider),
      issuer: reused,
      refreshTokens: token.refresh.enabled ? refreshTokens : undefined,
      fastLane: fastLane.enabled
        ? createFastLane(common, { service, window: fastLane.window })
        : undefined,
    },
    {
      ...{ issuer, services: serviceNames(config), anyService: token.anyService },
      ...lifetimesOf(config),
    },
  )
  return createTokenExchange({
    ...{ issueToken, issuer, realm, realms: otherRealms(config), running },
    clientAddress: createClientAddress(
      ...([config.trustedProxies, namedHeader(config), createUntrustedNotice(common.log)] as const),
    ),
    pathPrefix: config.pathPrefix,
    catalog: catalogOf(common, reused),
    jwks: () => keys.jwks(),
    onFailure: onAnswerFailure(common),
  })
}

function namedHeader({ clientAddress: { header, position } }: Config): ClientHeader | undefined {
  return header === undefined ? undefined : { header, position }
}
