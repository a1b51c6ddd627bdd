import type { Access, ResourceActions } from '../registry/access.ts'
import { isRepositoryName } from '../registry/repository-name.ts'
import { asking, type Policy, type Rule } from './policy.ts'

export interface Grant {
  /** What of the request is allowed: never more than was requested. */
  readonly access: Access
  /** The rules that decided, each once, in the order of the resources they decided on. */
  readonly rules: readonly string[]
}

function matching(
  policy: Policy,
  namespaces: readonly string[],
  resource: ResourceActions,
): Rule | undefined {
  return policy.rules.find(
    (rule) =>
      rule.type.matches(resource.type, undefined) &&
      asking(rule, namespaces).some((namespace) => rule.name.matches(resource.name, namespace)),
  )
}

function allowedActions(rule: Rule, requested: readonly string[]): readonly string[] {
  if (rule.actions.length === 1 && rule.actions[0] === '*') return requested
  return requested.filter((action) => rule.actions.includes(action))
}

/**
 * What of `requested` the policy allows a subject of these namespaces; of none: an anonymous one. Each
 * resource is judged on its own. A repository whose name is not in the OCI grammar is never granted, whatever the rules:
 * a pattern must not be asked about `team-a/../team-b`.
 */
export function grant(policy: Policy, namespaces: readonly string[], requested: Access): Grant {
  const access: ResourceActions[] = []
  const rules = new Set<string>()
  for (const resource of requested) {
    if (resource.type === 'repository' && !isRepositoryName(resource.name)) continue
    const rule = matching(policy, namespaces, resource)
    if (rule === undefined) continue
    rules.add(rule.id)
    const actions = allowedActions(rule, resource.actions)
    if (actions.length > 0) access.push({ ...resource, actions })
  }
  return { access, rules: [...rules] }
}
