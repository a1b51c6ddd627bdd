import { createSecretKey } from 'node:crypto'
import type { Clock } from '../../src/clock.ts'
import {
  createCheckAccess,
  type CheckAccess,
  type CheckAccessDependencies,
  type CheckAccessOptions,
} from '../../src/check-access.ts'
import { createAuthenticator } from '../../src/credentials/authenticate.ts'
import { createStoredPasswords } from '../../src/credentials/stored-passwords.ts'
import type { IdentitySource } from '../../src/credentials/source.ts'
import { createVouchers } from '../../src/credentials/vouchers.ts'
import type { CredentialReference, Labels } from '../../src/subject.ts'
import type { BasicCredentials } from '../../src/credentials/basic-auth.ts'
import {
  createBcryptChecks,
  type BcryptChecksOptions,
} from '../../src/credentials/bcrypt-checks.ts'
import { createBcryptComparison } from '../../src/adapters/bcrypt/compare.ts'
import type { Credential, CredentialStore } from '../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../src/credentials/credential-index.ts'
import { credentialGeneration } from '../../src/credentials/generation.ts'
import { UNGUARDED, type GuessGuard } from '../../src/credentials/guessing.ts'
import { createPasswordHasher } from '../../src/credentials/password.ts'
import type { RepositoryPages } from '../../src/catalog-pages.ts'
import type { DecideDependencies } from '../../src/decision.ts'
import { recordOf, type DecisionEvent } from '../../src/event.ts'
import type { Presented } from '../../src/identify.ts'
import { createAuthorize } from '../../src/authorize.ts'
import { createIssueToken, type TokenDecision, type TokenRequest } from '../../src/issue-token.ts'
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

export interface Person extends Pick<Credential, 'actions' | 'notBefore' | 'notAfter'> {
  readonly namespace: string
  readonly username: string
  readonly password: string
  /** Of the password, and kept in its place. */
  readonly bcrypt?: string
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

/** Of the passwords of all stores in tests. */
export const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const bindingKey = createSecretKey(Buffer.alloc(32, 2))
const key = await throwAwayKey('ES256')

export const keyId = key.kid

export const generationOf = ({ namespace, username, password, bcrypt }: Person) =>
  credentialGeneration(bindingKey, {
    ...{ id: idOf(namespace), username },
    ...(bcrypt === undefined ? { password } : { passwordHash: bcrypt }),
  })

function credentialOf(one: Person): Credential {
  const { password, bcrypt, ...others } = one
  const secret: Credential['secret'] =
    bcrypt === undefined
      ? { kind: 'keyed', hash: hasher.hash(password) }
      : { kind: 'bcrypt', hash: new Redacted(bcrypt), cost: Number(bcrypt.slice(4, 6)) }
  return { ...others, id: idOf(one.namespace), generation: generationOf(one), secret }
}

const indexOf = (people: readonly Person[]) => createCredentialIndex(people.map(credentialOf))

export const CHECKING: CheckAccessOptions = {
  ...{ service: SERVICE, services: [SERVICE, OTHER_SERVICE] },
  ...{ mount: 'remove', uploadGrace: 0 },
}

/** What a test may put in the place of a piece. `store`: whose passwords count, hashed by {@link hasher}. */
export interface Instead extends DecideDependencies {
  readonly guard: GuessGuard
  readonly store: CredentialStore
  readonly clock: Clock
}

/**
 * Both flows with all their real pieces, over credentials in memory; only the time is a test's, and
 * what else it puts in their place.
 */
export function startFlows(
  people: readonly Person[],
  instead: Partial<Instead> = {},
  checks: Partial<BcryptChecksOptions> = {},
) {
  const state = {
    ...{ now: NOW, ready: true, policy: OWN_NAMESPACE, index: indexOf(people) },
    vouchers: createVouchers([]),
    nobody: undefined as Labels | undefined,
    /** Of namespaces whose Secret can't be used, what is recorded. */
    unusable: new Map<string, string>(),
  }
  const events: DecisionEvent[] = []
  let ids = 0
  const keys = createKeySet([key])
  const store: CredentialStore = instead.store ?? {
    ready: () => state.ready,
    byUsername: (username) => state.index.byUsername(username),
    find: (reference) => state.index.find(reference),
    bcryptCost: () => state.index.bcryptCost(),
    unusable: (namespace) => state.unusable.get(namespace),
  }
  const clock = instead.clock ?? (() => state.now)
  const bcrypt = createBcryptChecks({ compare: createBcryptComparison(), clock, ...checks })
  const secrets = createStoredPasswords(
    { store, hasher, bcrypt, clock },
    { name: 'secrets', owns: false },
  )
  let authenticate = createAuthenticator([secrets])
  const deps = {
    ...{ store, clock },
    vouchers: { has: (reference: CredentialReference) => state.vouchers.has(reference) },
    nobody: () => state.nobody,
    timer: () => clock() * 1000,
    newId: () => `id-${String((ids += 1))}`,
    record: (event: DecisionEvent) => void events.push(recordOf(event)),
    policy: () => state.policy,
    authenticate: (basic: BasicCredentials) => authenticate(basic),
    decider: undefined,
    authorize: createAuthorize(undefined),
    guard: UNGUARDED,
    issuer: createIssuer({ keys, x5c: true }),
    verifier: createVerifier({
      ...{ keys, clock, issuer: 'rauth', audiences: [SERVICE, OTHER_SERVICE], leeway: LEEWAY },
      ...{ maxLifetime: PUSH_EXPIRY, cacheSize: 100 },
    }),
    refreshTokens: createRefreshTokens({
      ...{ keys, clock, issuer: 'rauth', expiry: REFRESH_EXPIRY, leeway: LEEWAY },
    }),
    ...instead,
  }
  const options = {
    ...{ issuer: 'rauth', services: [SERVICE, OTHER_SERVICE], anyService: false },
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
    checkAccess: createCheckAccess(deps, CHECKING),
    /** The second flow with other options, or other pieces. */
    checkWith: (
      changed: Partial<CheckAccessOptions>,
      more: Partial<CheckAccessDependencies> = {},
    ): CheckAccess => createCheckAccess({ ...deps, ...more }, { ...CHECKING, ...changed }),
    /** The third flow, over the pages of a registry. */
    listCatalogOf: (registry: RepositoryPages | undefined) =>
      createListCatalog({ ...deps, service: SERVICE, registry }),
    /** A token; fails unless it is given one. */
    async tokenFor(username: string, password: string, scope?: string): Promise<string> {
      const { result } = await login(username, password, scope)
      if (!result.ok) throw new Error(`no token: ${result.refusal.reason}`)
      return result.value.token
    },
    at: (now: number) => void (state.now = now),
    ready: (ready: boolean) => void (state.ready = ready),
    policy: (policy: Policy) => void (state.policy = policy),
    /** From now on the Secret of a namespace can't be used, and this is recorded of it. */
    unusable: (namespace: string, text: string) => void state.unusable.set(namespace, text),
    /** The source that the people are in. */
    secrets,
    /** One of static users; they are not in the store. */
    usersOf: (users: readonly Person[]) =>
      createStoredPasswords(
        { store: indexOf(users), hasher, bcrypt, clock },
        { name: 'users', owns: true },
      ),
    /** Asked from now on, and the sources that are taken at their word. */
    sources: (sources: readonly IdentitySource[], vouched: readonly CredentialReference[] = []) => {
      authenticate = createAuthenticator(sources)
      state.vouchers = createVouchers(vouched)
    },
    nobody: (labels: Labels) => void (state.nobody = labels),
    /** From now on these are all credentials that there are. */
    people: (now: readonly Person[]) => void (state.index = indexOf(now)),
  }
}

export type Flows = ReturnType<typeof startFlows>
