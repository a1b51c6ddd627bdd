import type { Access, ResourceActions } from '../registry/access.ts'
import { isRepositoryName } from '../registry/repository-name.ts'
import type { Asker, Voice } from './asker.ts'
import type { Decided, Decider } from './decider.ts'
import { hear, outcomeOf, reasonOf } from './hearing.ts'
import type { Policy } from './policy.ts'
import { isForPods, says, verdictOf, type Tried } from './verdict.ts'
import { voicesOf } from './voices.ts'

export interface Grant {
  /** What of the request is allowed: never more than was requested. */
  readonly access: Access
  /** The rules that decided, each once, in the order of the resources they decided on. */
  readonly rules: readonly string[]
  /** What was allowed and would be denied if what is in shadow were in force: rule and scope. */
  readonly shadow?: readonly string[]
  /** Of it, what was not for the rules to decide; without: nobody else was asked. */
  readonly decided?: Decided
  /** What whoever else was asked said beside its answers; for the log. */
  readonly detail?: string
  /** The words that a rule has for whoever it denies something. */
  readonly reason?: string
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
    const hearings = voices.map((one) => hear(policy, one, resource))
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

/**
 * What of `requested` the rules leave open to whoever else decides: all of a resource that no rule is about, for
 * none of the holders. Of nobody: if it is let in.
 */
export function undecided(
  policy: Policy,
  asker: Asker,
  requested: Access,
  { knowsServiceAccounts }: Decider,
): Access {
  if (asker.holders.length === 0 && !policy.anonymous) return []
  const voices = voicesOf(policy, asker)
  return requested.flatMap((resource) => {
    if (resource.type === 'repository' && !isRepositoryName(resource.name)) return []
    const heard = voices.map(({ voice }) => ({ voice, ...verdictOf(policy, voice, resource) }))
    const actions = resource.actions.filter((action) =>
      heard.every(
        ({ voice, tried }) =>
          tried.length === 0 || (knowsServiceAccounts && isSpared(tried, voice, action)),
      ),
    )
    return actions.length === 0 ? [] : [{ ...resource, actions }]
  })
}

/** Whether all that keeps a ServiceAccount from an action is that no rule has it in mind: none denies it. */
function isSpared(tried: readonly Tried[], voice: Voice, action: string): boolean {
  return (
    !isForPods(voice, action) &&
    tried.at(-1)?.matches === true &&
    tried.every(({ rule }) => says(rule, action) && rule.serviceaccount === undefined)
  )
}
