import { asking, type Policy } from './policy.ts'

/**
 * Texts of which one begins every repository that these namespaces may pull, sorted; of no namespace:
 * an anonymous subject. The empty text is the beginning of all.
 */
export function reachOf(policy: Policy, namespaces: readonly string[]): readonly string[] {
  const prefixes = policy.rules
    .filter(({ type, actions }) => type.matches('repository', undefined) && pulls(actions))
    .flatMap((rule) => asking(rule, namespaces).map((namespace) => rule.name.prefix(namespace)))
  const sorted = [...new Set(prefixes)].sort()
  return sorted.filter(
    (prefix) => !sorted.some((other) => other !== prefix && prefix.startsWith(other)),
  )
}

function pulls(actions: readonly string[]): boolean {
  return actions.includes('pull') || actions.includes('*')
}
