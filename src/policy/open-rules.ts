import type { Rule } from './rule.ts'

/** Matches whatever there is. */
const ANYTHING = /^(?:\*\*|\*?)$/

/** The names of all repositories, or of all that have a slash in them. */
const ALL_NAMES = ['**', '*/**', '**/*', '**/**']

/**
 * Whether a rule gives something of every repository to whoever there is: most likely somebody forgot
 * what the names must be.
 */
export function isOpenRule(rule: Rule): boolean {
  return rule.actions.length > 0 && rule.shadow !== true && isForAll(rule) && isOfAll(rule)
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
  return ALL_NAMES.includes(name.source) && ['**', '*', 'repository'].includes(type.source)
}
