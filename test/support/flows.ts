import { createCheckAccess } from '../../src/check-access.ts'
import { createAuthenticator } from '../../src/credentials/authenticate.ts'
import type { CredentialStore } from '../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../src/credentials/credential-index.ts'
import { credentialGeneration } from '../../src/credentials/generation.ts'
import { createPasswordHasher } from '../../src/credentials/password.ts'
import type { RepositoryPages } from '../../src/catalog-pages.ts'
import type { DecideDependencies } from '../../src/decision.ts'
import type { DecisionEvent } from '../../src/event.ts'
import {
  createIssueToken,
  type Presented,
  type TokenDecision,
  type TokenRequest,
} from '../../src/issue-token.ts'
import { createListCatalog } from '../../src/list-catalog.ts'
import { OWN_NAMESPACE, type Policy } from '../../src/policy/policy.ts'
import { Redacted } from '../../src/redacted.ts'
import { accepted } from '../../src/refusal.ts'
import { parseScopes } from '../../src/registry/scope.ts'
import { createIssuer } from '../../src/token/issuer.ts'
import { createKeySet } from '../../src/token/key-set.ts'
import { createRefreshTokens } from '../../src/token/refresh-token.ts'
import { createVerifier } from '../../src/token/verifier.ts'
import { throwAwayKey } from './signing-keys.ts'

/** Any moment will do; with a fraction, as clocks have. */
export const NOW = 1_800_000_000.75
export const SERVICE = 'internal-registry.io'
/** Tokens are issued for it, too, and the gateway does not stand before it. */
export const OTHER_SERVICE = 'other-registry.io'
export const EXPIRY = 300
/** Of tokens that can do more than pull. */
export const PUSH_EXPIRY = 900
export const REFRESH_EXPIRY = 3600
export const LEEWAY = 10

export interface Person {
  readonly namespace: string
  readonly username: string
  readonly password: string
}

export const person = (namespace: string, password: string, username = namespace): Person => ({
  ...{ namespace, username, password },
})

export const presentPassword = (username: string, password: string): Presented => ({
  kind: 'password',
  basic: { username, password: new Redacted(password) },
})

export const presentRefresh = (token: string): Presented => ({
  kind: 'refresh',
  token: new Redacted(token),
})

export const NOBODY: Presented = { kind: 'nothing' }

export const idOf = (namespace: string) => `${namespace}/registry-credentials`

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const bindingKey = Buffer.alloc(32, 2)
const key = await throwAwayKey('ES256')

export const keyId = key.kid

export const generationOf = ({ namespace, username, password }: Person) =>
  credentialGeneration(bindingKey, { id: idOf(namespace), username, password })

function indexOf(people: readonly Person[]) {
  return createCredentialIndex(
    people.map((one) => ({
      id: idOf(one.namespace),
      generation: generationOf(one),
      namespace: one.namespace,
      username: one.username,
      passwordHash: hasher.hash(one.password),
    })),
  )
}

/**
 * Both flows with all their real pieces, over credentials in memory; only the time is a test's, and
 * what else it puts in their place.
 */
export function startFlows(people: readonly Person[], instead: Partial<DecideDependencies> = {}) {
  const state = { now: NOW, ready: true, policy: OWN_NAMESPACE, index: indexOf(people) }
  const events: DecisionEvent[] = []
  let ids = 0
  const keys = createKeySet([key])
  const store: CredentialStore = {
    ready: () => state.ready,
    byUsername: (username) => state.index.byUsername(username),
    byId: (id) => state.index.byId(id),
  }
  const clock = () => state.now
  const deps = {
    ...{ store, clock },
    timer: () => state.now * 1000,
    newId: () => `id-${String((ids += 1))}`,
    record: (event: DecisionEvent) => void events.push(event),
    policy: () => state.policy,
    authenticate: createAuthenticator({ store, hasher }),
    issuer: createIssuer({ keys, x5c: true }),
    verifier: createVerifier({
      ...{ keys, clock, issuer: 'rauth', audiences: [SERVICE], leeway: LEEWAY },
      ...{ maxLifetime: PUSH_EXPIRY, cacheSize: 100 },
    }),
    refreshTokens: createRefreshTokens({
      ...{ keys, clock, issuer: 'rauth', expiry: REFRESH_EXPIRY, leeway: LEEWAY },
    }),
    ...instead,
  }
  const options = {
    ...{ issuer: 'rauth', services: [SERVICE, OTHER_SERVICE] },
    ...{ expiry: EXPIRY, pushExpiry: PUSH_EXPIRY },
  }
  const issueToken = createIssueToken(deps, options)

  /** Asks for a token; the scope is in scope grammar, and must be. */
  function request(presented: Presented, scope = '', more: Partial<TokenRequest> = {}) {
    const requested = parseScopes([scope])
    if (!requested.ok) throw new Error(`no scope: ${scope}`)
    return issueToken(
      accepted({
        ...{ service: SERVICE, requested: requested.value, presented },
        ...{ account: '', offline: false, ...more },
      }),
      {},
    )
  }

  const login = (
    username: string,
    password: string,
    scope?: string,
    more?: Partial<TokenRequest>,
  ): Promise<TokenDecision> => request(presentPassword(username, password), scope, more)

  return {
    ...{ deps, options, keys, events, issueToken, request, login },
    checkAccess: createCheckAccess(deps),
    /** The third flow, over the pages of a registry. */
    listCatalogOf: (registry: RepositoryPages | undefined) =>
      createListCatalog({ ...deps, registry }),
    /** A token; fails unless it is given one. */
    async tokenFor(username: string, password: string, scope?: string): Promise<string> {
      const { result } = await login(username, password, scope)
      if (!result.ok) throw new Error(`no token: ${result.refusal.reason}`)
      return result.value.token
    },
    at: (now: number) => void (state.now = now),
    ready: (ready: boolean) => void (state.ready = ready),
    policy: (policy: Policy) => void (state.policy = policy),
    /** From now on these are all credentials that there are. */
    people: (now: readonly Person[]) => void (state.index = indexOf(now)),
  }
}

export type Flows = ReturnType<typeof startFlows>
