import type { Authorize } from './authorize.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { Learn } from './event.ts'
import type { FastLaneOf } from './fast-lane.ts'
import { createIdentify, type ClaimedIdentity, type IdentifyDependencies } from './identify.ts'
import { idsOf } from './credentials/holder.ts'
import type { Asker } from './policy/asker.ts'
import { explainLater } from './policy/explain.ts'
import type { Policy } from './policy/policy.ts'
import { toldOf } from './credentials/vouchers.ts'
import { printable } from './printable.ts'
import { accepted, refused, type Result } from './refusal.ts'
import type { Access } from './registry/access.ts'
import { formatScope } from './registry/scope.ts'
import { isAnonymous, type Labels, type Subject } from './subject.ts'
import type { ClaimSet } from './token/claims.ts'
import type { Issuer, SignedToken } from './token/issuer.ts'
import { MAX_TOKEN } from './token/verifier.ts'

/** A request for a token, as any HTTP form of it comes down to. */
export interface TokenRequest extends ClaimedIdentity {
  /** Empty for a login. */
  readonly requested: Access
  /** Whether a refresh token is wanted too. */
  readonly offline: boolean
}

export interface TokenGrant {
  readonly token: string
  /** Only when it was asked for, and never for whoever can't be looked up again: see isLasting. */
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

export interface IssueTokenDependencies extends DecideDependencies, IdentifyDependencies {
  /** The policy of now; asked once a decision. */
  readonly policy: () => Policy
  /** Labels of whoever has no credentials. */
  readonly nobody: () => Labels | undefined
  readonly authorize: Authorize
  readonly issuer: Issuer
  /** What Envoy may decide by itself; without: nothing. */
  readonly fastLane?: FastLaneOf | undefined
}

export interface IssueTokenOptions {
  /** `iss` of the tokens. */
  readonly issuer: string
  /** The services that tokens are issued for; `aud` is one of them. */
  readonly services: readonly string[]
  /** Tokens are issued for whatever service is asked for: the registry of each knows its own name. */
  readonly anyService: boolean
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
  const identify = createIdentify(deps)
  const isServed = (service: string) =>
    options.services.includes(service) || (options.anyService && service !== '')

  /** The one that was presented is given back: it gets no younger by being used. */
  async function refreshTokenFor(
    { offline, presented, service }: TokenRequest,
    subject: Subject,
    learn: Learn,
  ): Promise<string | undefined> {
    if (!offline || deps.refreshTokens === undefined || !isLasting(subject)) return undefined
    if (presented.kind === 'refresh') return presented.token.reveal()
    const id = deps.newId()
    const token = await deps.refreshTokens.issue(id, service, subject)
    if (token !== undefined) learn({ refreshTokenId: id })
    return token
  }

  /** In the lane where that is allowed and fits: it is no reason for having no token. */
  async function sign(claims: ClaimSet): Promise<SignedToken> {
    const fastLane = deps.fastLane?.(claims)
    if (fastLane === undefined) return deps.issuer.sign(claims)
    const signed = await deps.issuer.sign({ ...claims, fastLane })
    return signed.token.length > MAX_ISSUED ? deps.issuer.sign(claims) : signed
  }

  async function issue(
    request: TokenRequest,
    origin: RequestOrigin,
    learn: Learn,
  ): Promise<Result<TokenGrant>> {
    const { service, requested } = request
    learn({ requested: formatScope(requested) })
    if (!isServed(service)) {
      return refused('service_unknown', { detail: `asked for "${printable(service, 128)}"` })
    }
    if (!deps.store.ready()) return refused('not_ready')

    const identified = await identify(request, origin, learn)
    if (!identified.ok) return identified
    const subject = identified.value
    const { account, credentials: holders } = subject
    const { address } = origin
    const asker: Asker = {
      ...{ account, holders, service, address, now: deps.clock(), tags: 'any' },
      nobody: deps.nobody(),
    }
    const policy = deps.policy()
    learn({ why: explainLater(policy, asker, requested) })
    const authorized = await deps.authorize(policy, asker, requested)
    if (!authorized.ok) return authorized
    const { access, rules, shadow, decided, detail } = authorized.value
    learn({
      why: explainLater(policy, asker, requested, decided),
      ...(detail === undefined ? {} : { detail }),
    })
    // A token for nothing would keep clients from logging in: they only do so after a 401.
    if (isAnonymous(subject) && access.length === 0) return refused('credentials_missing')

    const now = Math.floor(deps.clock())
    const lifetime = isForPullsOnly(access) ? options.expiry : options.pushExpiry
    const expiresAt = Math.min(now + lifetime, Math.floor(subject.until ?? Infinity))
    if (expiresAt <= now) return refused('credentials_invalid', { detail: 'ended meanwhile' })
    learn({
      account: subject.account,
      namespaces: subject.namespaces,
      credentials: idsOf(subject.credentials),
      granted: formatScope(access),
      rule: rules.join(','),
      ...(shadow === undefined ? {} : { shadow: shadow.join(', ') }),
    })
    const { token, keyId, claims } = await sign({
      issuer: options.issuer,
      subject: subject.account,
      audience: service,
      expiresAt,
      notBefore: now,
      issuedAt: now,
      id: deps.newId(),
      access,
      ...(decided !== undefined && decided.access.length > 0 && { decided: decided.access }),
      namespaces: subject.namespaces,
      credentials: subject.credentials.map((one) => toldOf(one, policy.labels)),
    })
    learn({ keyId, tokenId: claims.id })
    if (token.length > MAX_ISSUED) {
      // Better no token than one that the gateway does not read.
      return refused('request_too_large', { detail: 'the token would be too long: ask for less' })
    }
    const refreshToken = await refreshTokenFor(request, subject, learn)
    return accepted({
      ...{ token, expiresIn: claims.expiresAt - now, issuedAt: claims.issuedAt, access },
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

/** A refresh token stands for credentials that can be looked up again, and for no others. */
function isLasting({ credentials, until }: Subject): boolean {
  return (
    until === undefined &&
    credentials.length > 0 &&
    credentials.every(({ vouched }) => vouched === undefined)
  )
}
