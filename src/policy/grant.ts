import type { Access, ResourceActions } from '../registry/access.ts'
import { isRepositoryName } from '../registry/repository-name.ts'
import type { Holder } from '../subject.ts'
import { asking, type Policy, type Rule } from './policy.ts'

export interface Grant {
  /** What of the request is allowed: never more than was requested. */
  readonly access: Access
  /** The rules that decided, each once, in the order of the resources they decided on. */
  readonly rules: readonly string[]
}

/** The rule that decides for one holder; `undefined` for a holder is nobody. */
function matching(
  policy: Policy,
  holder: Holder | undefined,
  resource: ResourceActions,
): Rule | undefined {
  return policy.rules.find(
    (rule) =>
      rule.type.matches(resource.type, undefined) &&
      asking(rule, holder === undefined ? [] : [holder.namespace]).some((namespace) =>
        rule.name.matches(resource.name, namespace),
      ),
  )
}

/** `*` stands for everything, also what has no name yet: no limit leaves it whole. */
function isAllowed(rule: Rule, holder: Holder | undefined, action: string): boolean {
  const byRule =
    (rule.actions.length === 1 && rule.actions[0] === '*') || rule.actions.includes(action)
  const limit = holder?.actions
  return byRule && (limit === undefined || (action !== '*' && limit.includes(action)))
}

/**
 * What of `requested` the policy allows to these holders together; to none: an anonymous subject. A
 * holder may do what the policy allows to its namespace, and of that no more than its own actions.
 * Each resource is judged on its own. A repository whose name is not in the OCI grammar is never
 * granted, whatever the rules: a pattern must not be asked about `team-a/../team-b`.
 */
export function grant(policy: Policy, holders: readonly Holder[], requested: Access): Grant {
  const access: ResourceActions[] = []
  const rules = new Set<string>()
  const asking = holders.length === 0 ? [undefined] : holders
  for (const resource of requested) {
    if (resource.type === 'repository' && !isRepositoryName(resource.name)) continue
    const decided = asking.flatMap((holder) => {
      const rule = matching(policy, holder, resource)
      return rule === undefined ? [] : [{ rule, holder }]
    })
    for (const { rule } of decided) rules.add(rule.id)
    const actions = resource.actions.filter((action) =>
      decided.some(({ rule, holder }) => isAllowed(rule, holder, action)),
    )
    if (actions.length > 0) access.push({ ...resource, actions })
  }
  return { access, rules: [...rules] }
}
