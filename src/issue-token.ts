import type { Clock } from './clock.ts'
import type { Authenticate } from './credentials/authenticate.ts'
import type { BasicCredentials } from './credentials/basic-auth.ts'
import type { CredentialStore } from './credentials/credential.ts'
import type { GuessGuard } from './credentials/guessing.ts'
import { subjectOf } from './credentials/holder.ts'
import { liveCredentials } from './credentials/live.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { DecisionFacts } from './event.ts'
import { grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import type { Redacted } from './redacted.ts'
import { accepted, refused, type Result } from './refusal.ts'
import type { Access } from './registry/access.ts'
import { formatScope } from './registry/scope.ts'
import { ANONYMOUS, type Subject } from './subject.ts'
import type { Issuer } from './token/issuer.ts'
import type { RefreshTokens } from './token/refresh-token.ts'
import { MAX_TOKEN } from './token/verifier.ts'

/** What a client presents for who it is, not yet checked. */
export type Presented =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'password'; readonly basic: BasicCredentials }
  | { readonly kind: 'refresh'; readonly token: Redacted<string> }

/** A request for a token, as any HTTP form of it comes down to. */
export interface TokenRequest {
  readonly service: string
  /** Empty for a login. */
  readonly requested: Access
  readonly presented: Presented
  /** Who the client says it is, besides. It proves nothing; empty if the client says nothing. */
  readonly account: string
  /** Whether a refresh token is wanted too. */
  readonly offline: boolean
}

export interface TokenGrant {
  readonly token: string
  /** Only when it was asked for, and never for an anonymous subject. */
  readonly refreshToken?: string
  /** Seconds that are left of it. */
  readonly expiresIn: number
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly access: Access
}

export type TokenDecision = Decision<TokenGrant>

/**
 * The first flow: who asks, what of it the policy allows, and a signed token for that. Asking for
 * more than is allowed is no error (distribution token specification): the token holds the rest.
 */
export type IssueToken = (
  parsed: Result<TokenRequest>,
  origin: RequestOrigin,
) => Promise<TokenDecision>

export interface IssueTokenDependencies extends DecideDependencies {
  readonly clock: Clock
  readonly store: CredentialStore
  readonly authenticate: Authenticate
  /** Stands before every check of what a client presents. */
  readonly guard: GuessGuard
  /** The policy of now; asked once a decision. */
  readonly policy: () => Policy
  readonly issuer: Issuer
  /** `undefined`: there are none, and none is taken. */
  readonly refreshTokens: RefreshTokens | undefined
}

export interface IssueTokenOptions {
  /** `iss` of the tokens. */
  readonly issuer: string
  /** The services that tokens are issued for; `aud` is one of them. */
  readonly services: readonly string[]
  /** Lifetime of a token that is good for nothing but pulls, seconds. */
  readonly expiry: number
  /** Lifetime of any other: an upload takes as long as it takes. */
  readonly pushExpiry: number
}

/** Longest token: one whose whole header is no longer than proxies commonly take, 8 KiB. */
const MAX_ISSUED = MAX_TOKEN - 'Authorization: Bearer \r\n'.length

export function createIssueToken(
  deps: IssueTokenDependencies,
  options: IssueTokenOptions,
): IssueToken {
  /** Who it is; nobody is a subject too. */
  async function identify(
    { presented, service }: TokenRequest,
    learn: (facts: DecisionFacts) => void,
  ): Promise<Result<Subject>> {
    switch (presented.kind) {
      case 'nothing':
        return accepted(ANONYMOUS)
      case 'password':
        return deps.authenticate(presented.basic)
      case 'refresh':
        return fromRefreshToken(presented.token, service, learn)
    }
  }

  /** A refresh token is no better than the credentials behind it, of which one must be as it was. */
  function fromRefreshToken(
    token: Redacted<string>,
    service: string,
    learn: (facts: DecisionFacts) => void,
  ): Result<Subject> {
    if (deps.refreshTokens === undefined) {
      return refused('refresh_token_invalid', { detail: 'there are no refresh tokens here' })
    }
    const verified = deps.refreshTokens.verify(token.reveal(), service)
    if (!verified.ok) return verified
    const { id, account, credentials: references } = verified.value
    learn({ refreshTokenId: id })
    const live = liveCredentials(deps.store, references, deps.clock())
    if (live.length === 0) {
      return refused('refresh_token_invalid', {
        detail: 'its credentials changed, ended or are gone',
      })
    }
    return accepted(subjectOf(account, live))
  }

  /** The same, unless too many from there have failed. `account` is a claim as well: it may be wrong. */
  async function admit(
    request: TokenRequest,
    { address }: RequestOrigin,
    learn: (facts: DecisionFacts) => void,
  ): Promise<Result<Subject>> {
    const { presented } = request
    const check = async () => {
      const identified = await identify(request, learn)
      const claimed = identified.ok ? checkAccount(request) : identified
      return claimed.ok ? identified : claimed
    }
    switch (presented.kind) {
      case 'nothing':
        return check()
      case 'password': {
        const { username, password } = presented.basic
        return deps.guard({ address, username, secret: password }, check)
      }
      case 'refresh':
        return deps.guard({ address, username: undefined, secret: presented.token }, check)
    }
  }

  /** The one that was presented is given back: it gets no younger by being used. */
  async function refreshTokenFor(
    { offline, presented, service }: TokenRequest,
    subject: Subject,
    learn: (facts: DecisionFacts) => void,
  ): Promise<string | undefined> {
    if (!offline || deps.refreshTokens === undefined || subject === ANONYMOUS) return undefined
    if (presented.kind === 'refresh') return presented.token.reveal()
    const id = deps.newId()
    const token = await deps.refreshTokens.issue(id, service, subject)
    if (token !== undefined) learn({ refreshTokenId: id })
    return token
  }

  async function issue(
    request: TokenRequest,
    origin: RequestOrigin,
    learn: (facts: DecisionFacts) => void,
  ): Promise<Result<TokenGrant>> {
    const { service, requested } = request
    learn({ requested: formatScope(requested) })
    if (!options.services.includes(service)) return refused('service_unknown')
    if (!deps.store.ready()) return refused('not_ready')

    const admitted = await admit(request, origin, learn)
    if (!admitted.ok) return admitted
    const subject = admitted.value
    const { access, rules } = grant(deps.policy(), subject.credentials, requested)
    // A token for nothing would keep clients from logging in: they only do so after a 401.
    if (subject === ANONYMOUS && access.length === 0) return refused('credentials_missing')

    const now = Math.floor(deps.clock())
    learn({
      account: subject.account,
      namespaces: subject.namespaces,
      granted: formatScope(access),
      rule: rules.join(','),
    })
    const { token, keyId, claims } = await deps.issuer.sign({
      issuer: options.issuer,
      subject: subject.account,
      audience: service,
      expiresAt: now + (isForPullsOnly(access) ? options.expiry : options.pushExpiry),
      notBefore: now,
      issuedAt: now,
      id: deps.newId(),
      access,
      namespaces: subject.namespaces,
      credentials: subject.credentials,
    })
    learn({ keyId, tokenId: claims.id })
    if (token.length > MAX_ISSUED) {
      // Better no token than one that the gateway does not read.
      return refused('request_too_large', { detail: 'the token would be too long: ask for less' })
    }
    const refreshToken = await refreshTokenFor(request, subject, learn)
    const { issuedAt, expiresAt } = claims
    return accepted({
      ...{ token, expiresIn: expiresAt - now, issuedAt, access },
      ...(refreshToken === undefined ? {} : { refreshToken }),
    })
  }

  return (parsed, origin) =>
    decide(deps, 'token', origin, async (learn) =>
      parsed.ok ? issue(parsed.value, origin, learn) : parsed,
    )
}

function isForPullsOnly(access: Access): boolean {
  return access.every(({ actions }) => actions.every((action) => action === 'pull'))
}

/**
 * Clients name the user in `account` too. That may only repeat what the credentials say; else the
 * answer is that for a wrong password. Asked after the credentials were checked, so that it takes as
 * long.
 */
function checkAccount({ account, presented }: TokenRequest): Result<undefined> {
  const username = presented.kind === 'password' ? presented.basic.username : ''
  if (account === '' || account === username) return accepted(undefined)
  const detail = 'account is not the user name'
  switch (presented.kind) {
    case 'nothing':
      return refused('credentials_missing', { detail })
    case 'password':
      return refused('credentials_invalid', { detail })
    case 'refresh':
      return refused('refresh_token_invalid', { detail })
  }
}
