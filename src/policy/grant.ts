import type { Access, ResourceActions } from '../registry/access.ts'
import { isRepositoryName } from '../registry/repository-name.ts'
import type { Holder } from '../subject.ts'
import { voiceOf, type Asker, type Voice } from './asker.ts'
import { matchRule, valuesFor } from './match-rule.ts'
import { parseAddress } from './network.ts'
import type { Policy } from './policy.ts'
import { allowing, permits, verdictOf, type Verdict } from './verdict.ts'

export interface Grant {
  /** What of the request is allowed: never more than was requested. */
  readonly access: Access
  /** The rules that decided, each once, in the order of the resources they decided on. */
  readonly rules: readonly string[]
  /** What was allowed and would be denied if what is in shadow were in force: rule and scope. */
  readonly shadow?: readonly string[]
  /** The words that a rule has for whoever it denies something. */
  readonly reason?: string
}

/** What one holder is to one resource. */
export interface Hearing {
  readonly holder: Holder | undefined
  readonly voice: Voice
  readonly verdict: Verdict
}

/**
 * What of `requested` the policy allows to all holders of one asker together; to none: an anonymous
 * subject. A holder may do what the policy allows to its namespace, and of that no more than its own
 * actions. Each resource is judged on its own. A repository whose name is not in the OCI grammar is
 * never granted, whatever the rules: a pattern must not be asked about `team-a/../team-b`.
 *
 * What can't be told of the asker (its address, the time, the tags) is no reason to allow anything: it
 * has what it would have whatever that is.
 */
export function grant(policy: Policy, asker: Asker, requested: Access): Grant {
  const voices = voicesOf(policy, asker)
  const access: ResourceActions[] = []
  const rules = new Set<string>()
  const shadow: string[] = []
  let reason: string | undefined
  for (const resource of requested) {
    if (resource.type === 'repository' && !isRepositoryName(resource.name)) continue
    const hearings = voices.map((one) => hearing(policy, one, resource))
    for (const { verdict } of hearings) for (const { rule } of verdict.tried) rules.add(rule.id)
    const actions = resource.actions.filter((action) => {
      const outcome = outcomeOf(policy, hearings, resource, action)
      if (typeof outcome === 'string') {
        shadow.push(`${outcome} would deny ${resource.type}:${resource.name}:${action}`)
      }
      if (outcome === false) reason ??= reasonOf(hearings, action)
      return outcome !== false
    })
    if (actions.length > 0) access.push({ ...resource, actions })
  }
  // What nearly every request comes to.
  if (shadow.length === 0 && reason === undefined) return { access, rules: [...rules] }
  return {
    ...{ access, rules: [...rules] },
    ...(shadow.length === 0 ? {} : { shadow }),
    ...(reason === undefined ? {} : { reason }),
  }
}

export function hearing(
  policy: Policy,
  { holder, voice }: Omit<Hearing, 'verdict'>,
  resource: ResourceActions,
): Hearing {
  return { holder, voice, verdict: verdictOf(policy, voice, resource) }
}

/** Of `requested` the resources that no rule is about, for none of the holders. Of nobody: if it is let in. */
export function undecided(policy: Policy, asker: Asker, requested: Access): Access {
  if (asker.holders.length === 0 && !policy.anonymous) return []
  const voices = voicesOf(policy, asker)
  return requested.filter(
    (resource) =>
      (resource.type !== 'repository' || isRepositoryName(resource.name)) &&
      voices.every(({ voice }) => verdictOf(policy, voice, resource).tried.length === 0),
  )
}

/** Each holder with its voice; nobody has one, too. */
export function voicesOf(policy: Policy, asker: Asker): readonly Omit<Hearing, 'verdict'>[] {
  const { holders, address: text } = asker
  const address = policy.locates && text !== undefined ? parseAddress(text) : undefined
  return (holders.length === 0 ? [undefined] : holders).map((holder) => ({
    holder,
    voice: voiceOf(asker, holder, address),
  }))
}

/** `*` stands for everything, also what has no name yet: no limit leaves it whole. */
export function isWithin(holder: Holder | undefined, action: string): boolean {
  const limit = holder?.actions
  return limit === undefined || (action !== '*' && limit.includes(action))
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
    if (allowing(verdict, action) === undefined) {
      shadow ??= shadowOf(policy, voice, resource, action)
    } else if (verdict.shadow === undefined || permits(verdict.shadow, action)) {
      return true
    } else shadow ??= verdict.shadow.id
  }
  return shadow ?? false
}

/** What keeps the rules from denying an action to a namespace that is in shadow. */
function shadowOf(
  { shadows }: Policy,
  voice: Voice,
  resource: ResourceActions,
  action: string,
): string | undefined {
  if (shadows.length === 0) return undefined
  const values = valuesFor(voice, resource.type, resource.name)
  return shadows.find(
    (rule) => permits(rule, action) && matchRule(rule, voice, resource, values) === true,
  )?.id
}

/** The words of the first rule that has some for whoever it denies an action. */
export function reasonOf(hearings: readonly Hearing[], action: string): string | undefined {
  for (const { verdict } of hearings) {
    for (const { rule } of verdict.tried) {
      if (rule.reason !== undefined && !permits(rule, action)) return rule.reason
    }
  }
  return undefined
}
