import type { Clock } from './clock.ts'
import type { BasicCredentials } from './credentials/basic-auth.ts'
import type { CredentialStore } from './credentials/credential.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { DecisionFacts } from './event.ts'
import { grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { accepted, refused, type Result } from './refusal.ts'
import type { Access } from './registry/access.ts'
import { formatScope } from './registry/scope.ts'
import type { Subject } from './subject.ts'
import type { Issuer } from './token/issuer.ts'
import { MAX_TOKEN } from './token/verifier.ts'

/** A request for a token, as any HTTP form of it comes down to. */
export interface TokenRequest {
  readonly service: string
  /** Empty for a login. */
  readonly requested: Access
  /** `undefined`: anonymous. */
  readonly basic: BasicCredentials | undefined
}

export interface TokenGrant {
  readonly token: string
  /** Seconds. */
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
  readonly authenticate: (basic: BasicCredentials) => Result<Subject>
  /** The policy of now; asked once a decision. */
  readonly policy: () => Policy
  readonly issuer: Issuer
}

export interface IssueTokenOptions {
  /** `iss` of the tokens. */
  readonly issuer: string
  /** The services that tokens are issued for; `aud` is one of them. */
  readonly services: readonly string[]
  /** Lifetime of a token, seconds. */
  readonly expiry: number
}

export function createIssueToken(
  deps: IssueTokenDependencies,
  options: IssueTokenOptions,
): IssueToken {
  async function issue(
    request: TokenRequest,
    learn: (facts: DecisionFacts) => void,
  ): Promise<Result<TokenGrant>> {
    const { service, requested, basic } = request
    learn({ requested: formatScope(requested) })
    if (!options.services.includes(service)) return refused('service_unknown')
    if (!deps.store.ready()) return refused('not_ready')
    if (basic === undefined) return refused('credentials_missing')

    const authenticated = deps.authenticate(basic)
    if (!authenticated.ok) return authenticated
    const subject = authenticated.value
    const { access, rules } = grant(deps.policy(), subject.namespaces, requested)
    const issuedAt = Math.floor(deps.clock())
    const id = deps.newId()
    learn({
      account: subject.account,
      namespaces: subject.namespaces,
      granted: formatScope(access),
      rule: rules.join(','),
      tokenId: id,
    })
    const { token, keyId } = await deps.issuer.sign({
      issuer: options.issuer,
      subject: subject.account,
      audience: service,
      expiresAt: issuedAt + options.expiry,
      notBefore: issuedAt,
      issuedAt,
      id,
      access,
      namespaces: subject.namespaces,
      credentials: subject.credentials,
    })
    learn({ keyId })
    if (token.length > MAX_TOKEN) {
      // Better no token than one that the gateway does not read.
      return refused('request_too_large', { detail: 'the token would be too long: ask for less' })
    }
    return accepted({ token, expiresIn: options.expiry, issuedAt, access })
  }

  return (parsed, origin) =>
    decide(deps, 'token', origin, async (learn) =>
      parsed.ok ? issue(parsed.value, learn) : parsed,
    )
}
