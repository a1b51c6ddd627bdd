import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import {
  createClientAddress,
  type ClientHeader,
  type ProxyNetwork,
} from '../../../src/adapters/token-http/client-address.ts'
import {
  createTokenExchange,
  createTokenServer,
  type TokenExchangeOptions,
} from '../../../src/adapters/token-http/server.ts'
import type { ListenerTls } from '../../../src/adapters/tls.ts'
import type { RepositoryPages } from '../../../src/catalog-pages.ts'
import type { BcryptChecksOptions } from '../../../src/credentials/bcrypt-checks.ts'
import type { GuessGuard } from '../../../src/credentials/guessing.ts'
import { createIssueToken, type IssueToken } from '../../../src/issue-token.ts'
import { namespacePolicy } from '../../../src/policy/policy.ts'
import {
  OTHER_SERVICE,
  person,
  SERVICE,
  startFlows,
  type Flows,
  type Person,
} from '../../support/flows.ts'

export { SERVICE } from '../../support/flows.ts'
const CATALOG_TIMEOUT = 10_000
export const REALM = 'https://registry.test/token'
/** Tokens are issued for it, too. */
export const OTHER = { service: OTHER_SERVICE, realm: 'https://other.test/auth' }
export const PASSWORD = 'correct-horse-battery'

export interface TokenService extends Flows {
  readonly port: number
  readonly server: Server
  readonly listener: Listener
  /** False: it says that it is to stop. */
  running(is: boolean): void
}

export interface TokenServiceOptions {
  readonly onFailure?: (thrown: unknown) => void
  /** Stands before the real one. */
  readonly issueToken?: (real: IssueToken) => IssueToken
  readonly jwks?: TokenExchangeOptions['jwks']
  readonly newId?: () => string
  readonly guard?: GuessGuard
  readonly trustedProxies?: readonly ProxyNetwork[]
  readonly clientHeader?: ClientHeader
  readonly pathPrefix?: string
  /** Whose catalog is listed; without it the catalog is closed. */
  readonly registry?: RepositoryPages
  /** Whether refresh tokens are on. */
  readonly refresh?: boolean
  /** In place of the one credential of `team-a`. */
  readonly people?: readonly Person[]
  readonly checks?: Partial<BcryptChecksOptions>
  readonly tls?: ListenerTls
}

/**
 * The token service made of its real pieces, with the one credential of `team-a`, a public `library`
 * and a `shared` one.
 */
export async function startTokenService(options: TokenServiceOptions = {}): Promise<TokenService> {
  const { issueToken = (real: IssueToken) => real, newId = randomUUID, refresh = false } = options
  const { people = [person('team-a', PASSWORD)], checks = {} } = options
  const flows = startFlows(
    people,
    { newId, ...(options.guard === undefined ? {} : { guard: options.guard }) },
    checks,
  )
  flows.policy(namespacePolicy({ public: ['library/**'], shared: ['shared/**'] }))
  const real = refresh
    ? flows.issueToken
    : createIssueToken({ ...flows.deps, refreshTokens: undefined }, flows.options)
  let isRunning = true
  const exchange = createTokenExchange({
    running: () => isRunning,
    issueToken: issueToken(real),
    jwks: options.jwks ?? (() => flows.keys.jwks()),
    realm: REALM,
    clientAddress: createClientAddress(options.trustedProxies ?? [], options.clientHeader),
    pathPrefix: options.pathPrefix ?? '',
    issuer: 'rauth',
    catalog: {
      listCatalog: flows.listCatalogOf(options.registry),
      service: SERVICE,
      timeout: CATALOG_TIMEOUT,
    },
    realms: new Map([[OTHER.service, OTHER.realm]]),
    onFailure: options.onFailure ?? (() => undefined),
  })
  const server = createTokenServer(exchange, options.tls)
  const listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  const running = (is: boolean) => {
    isRunning = is
  }
  return { ...flows, port: listener.port, server, listener, running }
}
