import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { DecisionFacts } from './event.ts'
import { liveToken, type LiveTokenDependencies } from './live-token.ts'
import { grant } from './policy/grant.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers } from './registry/access.ts'
import { readRequest, type RegistryRequest } from './registry/request.ts'
import { formatScope } from './registry/scope.ts'

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

export interface CheckAccessDependencies extends DecideDependencies, LiveTokenDependencies {}

export function createCheckAccess(deps: CheckAccessDependencies): CheckAccess {
  function check(request: RegistryRequest, learn: (facts: DecisionFacts) => void): Result<Allowed> {
    const read = readRequest(request)
    if (!read.ok) return read
    const { required, withoutMount, removeQuery } = read.value
    const scope = formatScope(required)
    learn({ requested: scope })

    const live = liveToken(deps, request.authorization, scope, learn)
    if (!live.ok) return live
    const { claims, namespaces, anonymous, policy } = live.value
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
