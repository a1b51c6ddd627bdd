import type { CredentialStore } from './credentials/credential.ts'
import { namespacesOf } from './credentials/holder.ts'
import { liveCredentials } from './credentials/live.ts'
import type { DecisionFacts } from './event.ts'
import { grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { bearerToken } from './registry/authorization.ts'
import { formatScope } from './registry/scope.ts'
import type { ClaimSet } from './token/claims.ts'
import type { Verifier } from './token/verifier.ts'

export interface LiveTokenDependencies {
  readonly store: CredentialStore
  /** The policy of now; asked once a decision. */
  readonly policy: () => Policy
  readonly verifier: Verifier
}

/** A token that is good now, and what the policy of now is to be asked with. */
export interface LiveToken {
  readonly claims: ClaimSet
  /** Those whose credentials are still live; none of an anonymous token. */
  readonly namespaces: readonly string[]
  readonly anonymous: boolean
  readonly policy: Policy
}

/**
 * An Authorization header → the token in it, if it verifies and the credential behind it is as it was.
 * A token is never better than the credential and the policy of now. `scope` is what the request
 * needs, for the challenge.
 */
export function liveToken(
  deps: LiveTokenDependencies,
  authorization: string | undefined,
  scope: string,
  learn: (facts: DecisionFacts) => void,
): Result<LiveToken> {
  const bearer = bearerToken(authorization)
  if (!bearer.ok) return refused(bearer.refusal.reason, { ...bearer.refusal, scope })
  const verified = deps.verifier.verify(bearer.value)
  if (!verified.ok) return refused(verified.refusal.reason, { ...verified.refusal, scope })
  const { claims, keyId } = verified.value
  learn({
    account: claims.subject,
    tokenId: claims.id,
    keyId,
    granted: formatScope(claims.access),
  })

  if (!deps.store.ready()) return refused('not_ready')
  const anonymous = claims.credentials.length === 0
  const namespaces = namespacesOf(liveCredentials(deps.store, claims.credentials))
  if (!anonymous && namespaces.length === 0) return refused('credential_revoked', { scope })
  learn({ namespaces })

  const policy = deps.policy()
  // Any token will do for /v2/, if it is still good for anything: this one has no credential.
  if (anonymous && grant(policy, [], claims.access).access.length === 0) {
    return refused('token_invalid', { detail: 'nothing in it is for everyone any more', scope })
  }
  return accepted({ claims, namespaces, anonymous, policy })
}
