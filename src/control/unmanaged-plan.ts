import { formatInstant, parseInstant } from '../instant.ts'
import { isOwned, UNMANAGED_SINCE } from './marks.ts'
import type { Observed, ObservedSecret, Which } from './observed.ts'
import { LEEWAY } from './rotation.ts'
import type { PlanContext } from './settings.ts'
import type { Plan } from './step.ts'

/**
 * What becomes of rauth's Secrets in a namespace that is none of those that are managed. Where they are to go,
 * each is marked first and deleted after an overlap: a selector with a slip in it takes no login at once.
 */
export function planUnmanaged(
  { credentials, pull, accounts }: Observed,
  { settings, now }: PlanContext,
): Plan {
  if (settings.whenUnmanaged === 'keep') return {}
  const own = Object.entries({ pull, credentials } satisfies Partial<Record<Which, unknown>>)
  const wakes: number[] = []
  for (const [name, secret] of own) {
    const target = name as Which
    if (secret === undefined || !isOwned(secret) || secret.deleting) continue
    const since = markedAt(secret, now)
    if (since === undefined) {
      const annotations = { [UNMANAGED_SINCE]: formatInstant(now) }
      const { version } = secret
      return {
        step: { kind: 'change', target, why: 'unmanaged', version, content: { annotations } },
      }
    }
    wakes.push(since + settings.overlap)
  }
  const wake = Math.max(...wakes)
  if (wakes.length === 0) return {}
  if (wake > now) return { wake }
  for (const [account, found] of Object.entries(accounts)) {
    if (found?.pullSecrets.includes(settings.pullSecretName) !== true || pull === undefined)
      continue
    if (!isOwned(pull)) continue
    const pullSecrets = found.pullSecrets.filter((name) => name !== settings.pullSecretName)
    return {
      step: { kind: 'link', why: 'unmanaged', account, version: found.version, pullSecrets },
    }
  }
  for (const [name, secret] of own) {
    if (secret === undefined || !isOwned(secret) || secret.deleting) continue
    const { uid, version } = secret
    return { step: { kind: 'delete', target: name as Which, why: 'unmanaged', uid, version } }
  }
  return {}
}

function markedAt({ annotations }: ObservedSecret, now: number): number | undefined {
  const at = parseInstant(annotations[UNMANAGED_SINCE] ?? '')
  return at === undefined || at > now + LEEWAY ? undefined : at
}
