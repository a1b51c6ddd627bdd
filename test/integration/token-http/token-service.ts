import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { createTokenServer } from '../../../src/adapters/token-http/server.ts'
import { createAuthenticator } from '../../../src/credentials/authenticate.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import type { DecisionEvent } from '../../../src/event.ts'
import { createIssueToken, type IssueToken } from '../../../src/issue-token.ts'
import { namespacePolicy } from '../../../src/policy/policy.ts'
import { createIssuer } from '../../../src/token/issuer.ts'
import { createKeySet, type KeySet } from '../../../src/token/key-set.ts'
import { createRefreshTokens } from '../../../src/token/refresh-token.ts'

export const SERVICE = 'registry.test'
export const REALM = 'https://registry.test/token'
/** Tokens are issued for it, too. */
export const OTHER = { service: 'other.test', realm: 'https://other.test/auth' }
export const PASSWORD = 'correct-horse-battery'

export interface TokenService {
  readonly port: number
  readonly server: Server
  readonly listener: Listener
  /** Every decision that was recorded. */
  readonly events: DecisionEvent[]
}

export interface TokenServiceOptions {
  readonly ready?: () => boolean
  /** Stands before the real one. */
  readonly issueToken?: (real: IssueToken) => IssueToken
  readonly jwks?: KeySet['jwks']
  /** Whether refresh tokens are on. */
  readonly refresh?: boolean
}

/**
 * The token service made of its real pieces, with the one credential of `team-a`, a public `library`
 * and a `shared` one.
 */
export async function startTokenService(options: TokenServiceOptions = {}): Promise<TokenService> {
  const { ready = () => true, issueToken = (real: IssueToken) => real } = options
  const hasher = createPasswordHasher(randomBytes(32))
  const store = {
    ready,
    ...createCredentialIndex([
      {
        id: 'team-a/registry-credentials',
        generation: 'g1',
        namespace: 'team-a',
        username: 'team-a',
        passwordHash: hasher.hash(PASSWORD),
      },
    ]),
  }
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const validity = { notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER }
  const keys = createKeySet([{ kid: 'k1', algorithm: 'ES256', chain: [], ...validity, ...pair }])
  const clock = () => Date.now() / 1000
  const refreshTokens = createRefreshTokens({
    ...{ keys, clock, issuer: 'rauth', expiry: 3600, leeway: 10 },
  })
  const policy = namespacePolicy({ public: ['library/**'], shared: ['shared/**'] })
  const events: DecisionEvent[] = []
  const real = createIssueToken(
    {
      clock,
      timer: () => performance.now(),
      newId: randomUUID,
      record: (event) => {
        events.push(event)
      },
      store,
      authenticate: createAuthenticator({ store, hasher }),
      policy: () => policy,
      issuer: createIssuer({ keys, x5c: false }),
      refreshTokens: options.refresh === true ? refreshTokens : undefined,
    },
    {
      ...{ issuer: 'rauth', services: [SERVICE, OTHER.service] },
      ...{ expiry: 300, pushExpiry: 900 },
    },
  )
  const server = createTokenServer({
    issueToken: issueToken(real),
    jwks: options.jwks ?? (() => keys.jwks()),
    realm: REALM,
    issuer: 'rauth',
    realms: new Map([[OTHER.service, OTHER.realm]]),
  })
  const listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  return { port: listener.port, server, listener, events }
}
