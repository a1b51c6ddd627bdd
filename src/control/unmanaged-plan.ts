import { formatInstant, parseInstant } from '../instant.ts'
import { isOwned, UNMANAGED_SINCE } from './marks.ts'
import type { Observed, ObservedSecret, Which } from './observed.ts'
import { LEEWAY } from './rotation.ts'
import type { PlanContext } from './settings.ts'
import type { Plan, Step } from './step.ts'

/**
 * What becomes of rauth's Secrets in a namespace that is none of those that are managed. Where they are to go,
 * each is marked first and deleted after an overlap: a selector with a slip in it takes no login at once. Where
 * they stay no mark does: who lets them go later has that time again.
 */
export function planUnmanaged(
  { credentials, pull, accounts }: Observed,
  { settings, now }: PlanContext,
): Plan {
  const own = Object.entries({ pull, credentials } satisfies Partial<
    Record<Which, unknown>
  >).filter(
    (entry): entry is [Which, ObservedSecret] =>
      entry[1] !== undefined && isOwned(entry[1]) && !entry[1].deleting,
  )
  if (settings.whenUnmanaged === 'keep') {
    const marked = own.find(([, { annotations }]) => annotations[UNMANAGED_SINCE] !== undefined)
    return marked === undefined ? {} : { step: mark(marked, null) }
  }
  if (own.length === 0) return {}
  const unmarked = own.find(([, secret]) => markedAt(secret, now) === undefined)
  if (unmarked !== undefined) return { step: mark(unmarked, formatInstant(now)) }
  const wake = Math.max(...own.map(([, secret]) => markedAt(secret, now) ?? now)) + settings.overlap
  if (wake > now) return { wake }
  for (const [account, found] of Object.entries(accounts)) {
    if (found?.pullSecrets.includes(settings.pullSecretName) !== true) continue
    if (pull !== undefined && !isOwned(pull)) continue
    const pullSecrets = found.pullSecrets.filter((name) => name !== settings.pullSecretName)
    return {
      step: { kind: 'link', why: 'unmanaged', account, version: found.version, pullSecrets },
    }
  }
  const [first] = own
  if (first === undefined) return {}
  const [target, { uid, version }] = first
  return { step: { kind: 'delete', target, why: 'unmanaged', uid, version } }
}

function mark([target, { version }]: readonly [Which, ObservedSecret], since: string | null): Step {
  const content = { annotations: { [UNMANAGED_SINCE]: since } }
  return { kind: 'change', target, why: 'unmanaged', version, content }
}

function markedAt({ annotations }: ObservedSecret, now: number): number | undefined {
  const at = parseInstant(annotations[UNMANAGED_SINCE] ?? '')
  return at === undefined || at > now + LEEWAY ? undefined : at
}
