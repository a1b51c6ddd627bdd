import { grantOf } from './authorize.ts'
import { parseBasic, type BasicCredentials } from './credentials/basic-auth.ts'
import { toldOf } from './credentials/vouchers.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { Learn } from './event.ts'
import { identityHeaders } from './identity-headers.ts'
import {
  findLive,
  readToken,
  withScope,
  type Bearer,
  type Live,
  type LiveTokenDependencies,
} from './live-token.ts'
import { explainLater } from './policy/explain.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers, type Access } from './registry/access.ts'
import { isBasic } from './registry/authorization.ts'
import {
  loggedPath,
  readRequest,
  type RegistryRequest,
  type RequiredAccess,
} from './registry/request.ts'
import { formatScope } from './registry/scope.ts'
import type { Subject } from './subject.ts'
import { keepTags, type RegistryTags } from './keep-tags.ts'

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

export interface CheckAccessDependencies extends DecideDependencies, LiveTokenDependencies {
  /** Checks a user name and a password in place of a token; without, only tokens are taken. */
  readonly login?:
    ((basic: BasicCredentials, origin: RequestOrigin) => Promise<Result<Subject>>) | undefined
  /** The registry behind the gateway; without, no tag that is written once is pushed. */
  readonly tags?: RegistryTags | undefined
}

export interface CheckAccessOptions {
  /** What the registry is called for requests that name no service. */
  readonly service: string
  /** All that a proxy may name. */
  readonly services: readonly string[]
  /**
   * What happens to a mount whose source is out of reach: it becomes a plain upload, or a 401 after
   * which most clients upload by themselves, or a 403.
   */
  readonly mount: 'remove' | 'challenge' | 'deny'
  /** For how long after its end a token may finish an upload, seconds. */
  readonly uploadGrace: number
}

const MOUNT = ['mount', 'from']

export function createCheckAccess(
  deps: CheckAccessDependencies,
  options: CheckAccessOptions,
): CheckAccess {
  async function check(
    request: RegistryRequest,
    origin: RequestOrigin,
    learn: Learn,
  ): Promise<Result<Allowed>> {
    const read = readRequest(request)
    if (!read.ok) {
      learn({ path: loggedPath(request.target) })
      return read
    }
    const scope = formatScope(read.value.required)
    learn({ route: read.value.route, requested: scope })
    const identified = await identify(request, read.value, origin, learn)
    if (!identified.ok) return withScope(identified.refusal, scope)
    const bearer = identified.value
    const { service = options.service } = request
    const live = findLive(deps, bearer, { service, address: origin.address }, learn)
    if (!live.ok) return withScope(live.refusal, scope)
    const decided = judge(bearer, live.value, request, read.value, learn)
    if (!decided.ok) return withScope(decided.refusal, scope)
    const { policy, asker } = live.value
    const tags = service === options.service ? deps.tags : undefined
    const kept = await keepTags(tags, policy, asker, read.value)
    return kept.ok ? decided : kept
  }

  async function identify(
    { authorization, service = options.service }: RegistryRequest,
    { finishesUpload }: RequiredAccess,
    origin: RequestOrigin,
    learn: Learn,
  ): Promise<Result<Bearer>> {
    if (!options.services.includes(service)) {
      return refused('internal', { detail: 'the proxy names a service that is not configured' })
    }
    if (deps.login !== undefined && isBasic(authorization)) {
      const basic = parseBasic(authorization)
      if (!basic.ok) return basic
      if (!deps.store.ready()) return refused('not_ready')
      if (basic.value === undefined) return refused('token_missing')
      const subject = await deps.login(basic.value, origin)
      if (!subject.ok) return subject
      const { account, credentials } = subject.value
      learn({ account })
      const told = credentials.map((one) => toldOf(one, deps.policy().labels))
      return accepted({ account, credentials: told, access: undefined, decided: undefined })
    }
    const grace = finishesUpload ? options.uploadGrace : 0
    return readToken(deps, authorization, { service, grace }, learn)
  }

  function judge(
    { account, access: held, decided }: Bearer,
    { asker, namespaces, anonymous, policy, decider }: Live,
    { queryIsFixed = false }: RegistryRequest,
    { required, withoutMount, removeQuery, tags }: RequiredAccess,
    learn: Learn,
  ): Result<Allowed> {
    const allow = (remove: readonly string[]) =>
      remove.length > 0 && queryIsFixed
        ? refused('mount_unremovable')
        : accepted({ headers: identityHeaders(account, namespaces), removeQuery: remove })

    const about = { ...asker, tags }
    const granted = grantOf(policy, about, required, { decided, decider })
    const { access, rules, shadow } = granted
    learn({
      rule: rules.join(','),
      why: explainLater(policy, about, required, granted.decided),
      ...(shadow === undefined ? {} : { shadow: shadow.join(', ') }),
    })
    const denied = () =>
      refused('access_denied', granted.reason === undefined ? {} : { told: granted.reason })
    const holds = (needed: Access) => held === undefined || covers(held, needed)
    if (covers(access, required)) {
      return holds(required) ? allow(removeQuery) : refused('scope_insufficient')
    }
    // Whoever is nobody yet can still log in.
    if (anonymous) return refused('login_required')
    if (!covers(access, withoutMount)) return denied()
    switch (options.mount) {
      case 'remove':
        if (!holds(withoutMount)) return refused('scope_insufficient')
        if (!queryIsFixed) learn({ mount: 'removed' })
        return allow(MOUNT)
      case 'challenge':
        // containerd goes on without the mount after a 401, and after nothing else.
        return refused('mount_denied')
      case 'deny':
        return denied()
    }
  }

  return (parsed, origin) =>
    decide(deps, 'gateway', origin, async (learn) =>
      parsed.ok ? check(parsed.value, origin, learn) : parsed,
    )
}
