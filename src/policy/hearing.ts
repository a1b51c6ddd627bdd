import type { ResourceActions } from '../registry/access.ts'
import type { Voice } from './asker.ts'
import { matchRule, valuesFor } from './match-rule.ts'
import type { Policy } from './policy.ts'
import { allowing, denying, permits, verdictOf, type Verdict } from './verdict.ts'
import { isWithin, type Speaker } from './voices.ts'

/** What the rules say about one resource to one who asks. */
export interface Hearing extends Speaker {
  readonly verdict: Verdict
}

export function hear(
  policy: Policy,
  { holder, voice }: Speaker,
  resource: ResourceActions,
): Hearing {
  return { holder, voice, verdict: verdictOf(policy, voice, resource) }
}

/** Whether an action is allowed; the name of a rule in shadow: by that alone. */
export function outcomeOf(
  policy: Policy,
  hearings: readonly Hearing[],
  resource: ResourceActions,
  action: string,
): boolean | string {
  let shadow: string | undefined
  for (const { holder, voice, verdict } of hearings) {
    if (!isWithin(holder, action)) continue
    const { tried, inForce } = verdict
    if (allowing(tried, action, voice) === undefined) {
      shadow ??= exemptionOf(policy, voice, resource, action)
    } else if (inForce === undefined || allowing(inForce, action, voice) !== undefined) {
      return true
    } else {
      // Only a rule in shadow can make the difference.
      shadow ??= denying(inForce, action, voice)?.id
    }
  }
  return shadow ?? false
}

/** What keeps the rules from denying an action to a namespace that is in shadow. */
function exemptionOf(
  { shadows }: Policy,
  voice: Voice,
  resource: ResourceActions,
  action: string,
): string | undefined {
  if (shadows.length === 0) return undefined
  const values = valuesFor(voice, resource.type, resource.name)
  return shadows.find(
    (rule) => permits(rule, action, voice) && matchRule(rule, voice, resource, values) === true,
  )?.id
}

/** The words of the first rule that has some for whoever it denies an action. */
export function reasonOf(hearings: readonly Hearing[], action: string): string | undefined {
  for (const { voice, verdict } of hearings) {
    for (const { rule } of verdict.tried) {
      if (rule.reason !== undefined && !permits(rule, action, voice)) return rule.reason
    }
  }
  return undefined
}
