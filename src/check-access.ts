import type { CredentialStore } from './credentials/credential.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { DecisionFacts } from './event.ts'
import { grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers } from './registry/access.ts'
import { bearerToken } from './registry/authorization.ts'
import { readRequest, type RegistryRequest } from './registry/request.ts'
import { formatScope } from './registry/scope.ts'
import type { CredentialReference } from './subject.ts'
import type { Verifier } from './token/verifier.ts'

/** The request may go on to the registry. */
export interface Allowed {
  /** Who asked, for the registry's log: `x-rauth-*`, which no client can set itself. */
  readonly headers: Readonly<Record<string, string>>
  /** Query parameters that must not reach the registry. */
  readonly removeQuery: readonly string[]
}

export type CheckDecision = Decision<Allowed>

/**
 * The second flow: what access the request needs, and whether its token holds that access from a
 * credential that is still live and under a policy that still grants it. The last two make
 * revocation immediate: a token is never better than the credential and the policy of now.
 */
export type CheckAccess = (
  parsed: Result<RegistryRequest>,
  origin: RequestOrigin,
) => Promise<CheckDecision>

export interface CheckAccessDependencies extends DecideDependencies {
  readonly store: CredentialStore
  /** The policy of now; asked once a decision. */
  readonly policy: () => Policy
  readonly verifier: Verifier
}

export function createCheckAccess(deps: CheckAccessDependencies): CheckAccess {
  /** Namespaces of those credentials that are still what they were when the token was issued. */
  function liveNamespaces(credentials: readonly CredentialReference[]): readonly string[] {
    return credentials.flatMap(({ id, generation }) => {
      const credential = deps.store.byId(id)
      return credential?.generation === generation ? [credential.namespace] : []
    })
  }

  function check(request: RegistryRequest, learn: (facts: DecisionFacts) => void): Result<Allowed> {
    const read = readRequest(request)
    if (!read.ok) return read
    const { required, withoutMount, removeQuery } = read.value
    const scope = formatScope(required)
    learn({ requested: scope })

    const bearer = bearerToken(request.authorization)
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
    const namespaces = liveNamespaces(claims.credentials)
    if (namespaces.length === 0) return refused('credential_revoked', { scope })
    learn({ namespaces })

    const { access, rules } = grant(deps.policy(), namespaces, required)
    learn({ rule: rules.join(',') })
    if (!covers(access, required)) {
      // Where only the source of a mount is out of reach: containerd goes on without the mount after
      // a 401, and after nothing else.
      return covers(access, withoutMount)
        ? refused('mount_denied', { scope })
        : refused('access_denied')
    }
    if (!covers(claims.access, required)) return refused('scope_insufficient', { scope })
    return accepted({ headers: identityHeaders(claims.subject, namespaces), removeQuery })
  }

  return (parsed, origin) =>
    decide(deps, 'gateway', origin, (learn) =>
      Promise.resolve(parsed.ok ? check(parsed.value, learn) : parsed),
    )
}

/** A user name is free text: percent-encoding keeps it one printable header value. */
function identityHeaders(account: string, namespaces: readonly string[]) {
  return {
    'x-rauth-account': encodeURIComponent(account),
    'x-rauth-namespace': namespaces.join(','),
  }
}
