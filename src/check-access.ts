import type { CredentialStore } from './credentials/credential.ts'
import { namespacesOf } from './credentials/holder.ts'
import { liveCredentials } from './credentials/live.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { DecisionFacts } from './event.ts'
import { grant } from './policy/grant.ts'
import type { Policy } from './policy/policy.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers } from './registry/access.ts'
import { bearerToken } from './registry/authorization.ts'
import { readRequest, type RegistryRequest } from './registry/request.ts'
import { formatScope } from './registry/scope.ts'
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
    const anonymous = claims.credentials.length === 0
    const namespaces = namespacesOf(liveCredentials(deps.store, claims.credentials))
    if (!anonymous && namespaces.length === 0) return refused('credential_revoked', { scope })
    learn({ namespaces })

    const policy = deps.policy()
    // Any token will do for /v2/, if it is still good for anything: this one has no credential.
    if (anonymous && grant(policy, [], claims.access).access.length === 0) {
      return refused('token_invalid', { detail: 'nothing in it is for everyone any more', scope })
    }
    const { access, rules } = grant(policy, namespaces, required)
    learn({ rule: rules.join(',') })
    if (!covers(access, required)) {
      // Whoever is nobody yet can still log in.
      if (anonymous) return refused('login_required', { scope })
      // Where only the source of a mount is out of reach: containerd goes on without the mount after
      // a 401, and after nothing else.
      return covers(access, withoutMount)
        ? refused('mount_denied', { scope })
        : refused('access_denied')
    }
    if (!covers(claims.access, required)) return refused('scope_insufficient', { scope })
    if (removeQuery.length > 0 && request.queryIsFixed === true) {
      return refused('mount_unremovable', { scope })
    }
    return accepted({ headers: identityHeaders(claims.subject, namespaces), removeQuery })
  }

  return (parsed, origin) =>
    decide(deps, 'gateway', origin, (learn) =>
      Promise.resolve(parsed.ok ? check(parsed.value, learn) : parsed),
    )
}

/**
 * A user name is free text: percent-encoding keeps it one printable header value. An anonymous token
 * has neither name nor namespace; `-` stands for both and is no namespace. Left out, or empty, a proxy
 * could leave there what the client sent.
 */
function identityHeaders(account: string, namespaces: readonly string[]) {
  return {
    'x-rauth-account': encodeURIComponent(account) || '-',
    'x-rauth-namespace': namespaces.join(',') || '-',
  }
}
