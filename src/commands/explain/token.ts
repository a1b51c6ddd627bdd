import { randomUUID } from 'node:crypto'
import { grantOf } from '../../authorize.ts'
import type { CredentialLookup } from '../../credentials/credential.ts'
import { liveHolders } from '../../credentials/live.ts'
import { decide, type DecideDependencies } from '../../decision.ts'
import { findLive, readToken, type LiveTokenDependencies } from '../../live-token.ts'
import type { Asker } from '../../policy/asker.ts'
import { explain, explainLater } from '../../policy/explain.ts'
import { accepted, refused } from '../../refusal.ts'
import { covers } from '../../registry/access.ts'
import type { ClaimSet } from '../../token/claims.ts'
import { readUnverified } from '../../token/unverified.ts'
import type { Verifier } from '../../token/verifier.ts'
import type { AskerOptions } from '../asking/asker-options.ts'
import { deciderOf } from '../../config/decider.ts'
import { recorded, type Judged } from '../../serve/asking/judge.ts'
import type { Offline } from '../asking/offline.ts'

/** A token, judged as the gateway judges it: what of it is good now, and by which rules. */
export async function judgeToken(
  token: string,
  options: AskerOptions,
  offline: Offline,
  now: number,
): Promise<Judged> {
  const claims = readUnverified(token)?.claims
  const { ip: address, service = claims?.audience ?? offline.config.service } = options
  const deps = liveDependencies(offline, now)
  const { record, explanation } = await recorded((record) =>
    decide({ ...unhurried, record }, 'cli', address === undefined ? {} : { address }, (learn) => {
      const bearer = readToken(deps, `Bearer ${token}`, { service }, learn)
      if (!bearer.ok) return Promise.resolve(bearer)
      const { access = [], decided } = bearer.value
      const live = findLive(deps, bearer.value, { service, address }, learn)
      if (!live.ok) return Promise.resolve(live)
      const { asker, decider } = live.value
      const granted = grantOf(offline.policy, asker, access, { decided, decider })
      learn({
        rule: granted.rules.join(','),
        why: explainLater(offline.policy, asker, access, granted.decided),
      })
      const isGood = covers(granted.access, access)
      return Promise.resolve(isGood ? accepted(undefined) : refused('access_denied'))
    }),
  )
  if (explanation !== undefined || claims === undefined) return { record, explanation }
  const asker = askerOf(claims, { service, address, now, tags: 'any' }, offline)
  return { record, explanation: explain(offline.policy, asker, claims.access) }
}

/** Without a timer: nobody asks how long it took. */
export const unhurried: Omit<DecideDependencies, 'record'> = { timer: () => 0, newId: randomUUID }

/** What the flows need. What is not here knows no token and no credential. */
export function liveDependencies(offline: Offline, now: number): LiveTokenDependencies {
  const { config, policy, identity, verifier = NO_VERIFIER } = offline
  return {
    clock: () => now,
    policy: () => policy,
    decider: deciderOf(config),
    verifier,
    store: identity?.lookup ?? NOTHING,
    vouchers: identity?.vouchers ?? { has: () => false },
    nobody: () => identity?.nobody(),
  }
}

const NOTHING: CredentialLookup = {
  ready: () => true,
  byUsername: () => [],
  find: () => undefined,
}

const NO_VERIFIER: Verifier = {
  verify: () => refused('token_invalid', { detail: 'there are no keys here to verify it with' }),
}

/**
 * Whoever a token says that it is for: its credentials as they are now, or, where they are gone, its
 * namespaces as if they had them. For words alone; nothing is decided by what nobody has verified.
 */
export function askerOf(
  { subject: account, namespaces, credentials }: ClaimSet,
  rest: Omit<Asker, 'account' | 'holders' | 'nobody'> & { readonly now: number },
  offline: Offline,
): Asker {
  const deps = liveDependencies(offline, rest.now)
  const live = liveHolders(deps, credentials, offline.policy.labels, rest.now)
  const holders = live.length > 0 ? live : namespaces.map((namespace) => ({ namespace }))
  return { ...rest, account, holders, nobody: deps.nobody() }
}
