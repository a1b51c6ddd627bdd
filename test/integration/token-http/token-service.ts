import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { createTokenServer } from '../../../src/adapters/token-http/server.ts'
import { createAuthenticator } from '../../../src/credentials/authenticate.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import type { DecisionEvent } from '../../../src/event.ts'
import { createIssueToken, type IssueToken } from '../../../src/issue-token.ts'
import { OWN_NAMESPACE } from '../../../src/policy/policy.ts'
import { createIssuer } from '../../../src/token/issuer.ts'
import { createKeySet, type KeySet } from '../../../src/token/key-set.ts'

export const SERVICE = 'registry.test'
export const REALM = 'https://registry.test/token'
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
}

/** The token service made of its real pieces, with the one credential of `team-a`. */
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
  const events: DecisionEvent[] = []
  const real = createIssueToken(
    {
      clock: () => Date.now() / 1000,
      timer: () => performance.now(),
      newId: randomUUID,
      record: (event) => {
        events.push(event)
      },
      store,
      authenticate: createAuthenticator({ store, hasher }),
      policy: () => OWN_NAMESPACE,
      issuer: createIssuer({ keys, x5c: false }),
    },
    { issuer: 'rauth', services: [SERVICE], expiry: 300 },
  )
  const server = createTokenServer({
    issueToken: issueToken(real),
    jwks: options.jwks ?? (() => keys.jwks()),
    realm: REALM,
  })
  const listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  return { port: listener.port, server, listener, events }
}
