import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

/** Matches whatever there is. */
const ANYTHING = /^(?:\*\*|\*?)$/

/**
 * The rules that give something of every repository to whoever there is: most likely somebody forgot
 * what the names must be.
 */
export function openRulesOf(policy: Policy): readonly Rule[] {
  return policy.rules.filter(
    (rule) => rule.actions.length > 0 && rule.shadow !== true && isForAll(rule) && isOfAll(rule),
  )
}

function isForAll(rule: Rule) {
  const { account, namespace, serviceaccount, labels = [], network, hours, service, tags } = rule
  return (
    [account, namespace, serviceaccount].every((pattern) => ANYTHING.test(pattern?.source ?? '')) &&
    [network, hours, service, tags].every((part) => part === undefined) &&
    labels.length === 0
  )
}

function isOfAll({ name, type }: Rule): boolean {
  return name.source === '**' && ['**', '*', 'repository'].includes(type.source)
}
