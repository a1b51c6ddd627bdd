import { grantOf } from './authorize.ts'
import type { Clock } from './clock.ts'
import type { CredentialLookup } from './credentials/credential.ts'
import { idsOf, namespacesOf } from './credentials/holder.ts'
import { liveHolders } from './credentials/live.ts'
import type { Vouchers } from './credentials/vouchers.ts'
import type { Learn } from './event.ts'
import type { Asker } from './policy/asker.ts'
import type { Decider } from './policy/decider.ts'
import type { Policy } from './policy/policy.ts'
import { accepted, refused, type Refusal, type Result } from './refusal.ts'
import type { Access } from './registry/access.ts'
import { bearerToken } from './registry/authorization.ts'
import { formatScope } from './registry/scope.ts'
import type { Labels, ToldCredential } from './subject.ts'
import type { Verifier } from './token/verifier.ts'

export interface FindLiveDependencies {
  readonly clock: Clock
  readonly store: CredentialLookup
  /** The sources that vouch for those who are in no store. */
  readonly vouchers: Vouchers
  /** Labels of whoever has no credentials. */
  readonly nobody: () => Labels | undefined
  /** The policy of now; asked once a decision. */
  readonly policy: () => Policy
  /** Who decides what the rules leave open; without: nobody. */
  readonly decider: Decider | undefined
}

export interface LiveTokenDependencies extends FindLiveDependencies {
  readonly verifier: Verifier
}

/** Who asks, and what it holds by itself. */
export interface Bearer {
  readonly account: string
  /** None of an anonymous token. */
  readonly credentials: readonly ToldCredential[]
  /** What its token says; `undefined`: there is none, and the policy alone decides. */
  readonly access: Access | undefined
  /** Of that, what was not for the rules to decide; `undefined`: nothing. */
  readonly decided: Access | undefined
}

/** What of a bearer is good now, and what the policy of now is to be asked with. */
export interface Live {
  readonly asker: Asker
  readonly namespaces: readonly string[]
  readonly anonymous: boolean
  readonly policy: Policy
  /** Whose yes still stands: nobody's where any of the credentials that it rests on is gone. */
  readonly decider: Decider | undefined
}

/** An Authorization header → the token in it, if it verifies for this service; `grace` in seconds. */
export function readToken(
  deps: LiveTokenDependencies,
  authorization: string | undefined,
  { service, grace = 0 }: { readonly service: string; readonly grace?: number },
  learn: Learn,
): Result<Bearer> {
  const token = bearerToken(authorization)
  if (!token.ok) return token
  const verified = deps.verifier.verify(token.value, grace)
  if (!verified.ok) return verified
  const { claims, keyId } = verified.value
  const { subject: account, id: tokenId, access, decided, credentials } = claims
  if (claims.audience !== service) return refused('token_invalid', { detail: 'audience' })
  learn({ account, tokenId, keyId, granted: formatScope(access) })
  return deps.store.ready()
    ? accepted({ account, credentials, access, decided })
    : refused('not_ready')
}

/** A bearer is never better than its credentials, of which one must be as it was, and the policy of now. */
export function findLive(
  deps: FindLiveDependencies,
  { account, credentials, access = [], decided }: Bearer,
  { service, address }: Pick<Asker, 'service' | 'address'>,
  learn: Learn,
): Result<Live> {
  const anonymous = credentials.length === 0
  learn({ credentials: idsOf(credentials) })
  const policy = deps.policy()
  const now = deps.clock()
  const holders = liveHolders(deps, credentials, policy.labels, now)
  if (!anonymous && holders.length === 0) return refused('credential_revoked')
  const namespaces = namespacesOf(holders)
  learn({ namespaces })
  const asker: Asker = {
    ...{ account, holders, service, address, now, tags: 'any' },
    nobody: deps.nobody(),
  }
  // Any token will do for /v2/, if it is still good for anything: this one has no credential.
  const decider = holders.length === credentials.length ? deps.decider : undefined
  if (anonymous && grantOf(policy, asker, access, { decided, decider }).access.length === 0) {
    return refused('token_invalid', { detail: 'nothing in it is for everyone any more' })
  }
  return accepted({ asker, namespaces, anonymous, policy, decider })
}

/** A refusal with what a better token would need, for whoever can be helped by one. */
export function withScope(refusal: Refusal, scope: string): Result<never> {
  return refused(
    refusal.reason,
    refusal.reason === 'access_denied' ? refusal : { ...refusal, scope },
  )
}
