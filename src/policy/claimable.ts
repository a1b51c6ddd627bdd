import type { Pattern } from './compiled-pattern.ts'
import { placeholdersIn } from './placeholders.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

/** What the account of a ServiceAccount begins with, and one whose namespace is named. */
const SERVICE_ACCOUNTS = 'system:serviceaccount:'
const NAMED_ACCOUNT = /^system:serviceaccount:[^:]+:/

/** A glob that every name matches. */
const ANYBODY = /^[*?]*$/

/** Namespaces and user names that have nothing in common: what matches all of them names nobody. */
const NAMESPACES = ['a', '0-z', 'x'.repeat(63)]
const ACCOUNTS = [...NAMESPACES, '~', 'Ä b@c/d']

/**
 * The rules that give something to a user name, whosever it is: whoever writes the Secret of any namespace
 * chooses the user names in it, and so can be whom such a rule means. The same of ServiceAccounts, which
 * {@link claimableServiceAccounts} are about.
 */
export function claimableRules(policy: Policy): readonly Rule[] {
  return [...policy.rules, ...policy.shadows].filter(
    (rule) => gives(rule) && !isBound(rule) && asksForAccount(rule),
  )
}

/** The rules that give something to a ServiceAccount by its name, in whatever namespace somebody makes it. */
export function claimableServiceAccounts(policy: Policy): readonly Rule[] {
  return policy.rules.filter((rule) => {
    const { serviceaccount, account } = rule
    if (!gives(rule) || isOwn(rule) || NAMED_ACCOUNT.test(account?.start ?? '')) return false
    return !isAnybody(serviceaccount, NAMESPACES) || isSomeAccount(account)
  })
}

/** Whether it is about ServiceAccounts, and not about them all. */
function isSomeAccount(account: Pattern | undefined): boolean {
  const all = NAMESPACES.map((one) => `${SERVICE_ACCOUNTS}${one}:${one}`)
  return account?.start.startsWith(SERVICE_ACCOUNTS) === true && !isAnybody(account, all)
}

/** To namespaces that are named, or to what is the namespace's own. */
function isOwn({ namespace, name }: Rule): boolean {
  return !isAnybody(namespace, NAMESPACES) || placeholdersIn(name.source).includes('namespace')
}

function gives({ actions, shadow = false }: Rule): boolean {
  return actions.length > 0 && !shadow
}

/**
 * To namespaces that are named, to what is the namespace's own, to labels or ServiceAccounts, which no Secret
 * has, or to an account with a colon, which no user name of Basic credentials has (RFC 7617 §2).
 */
function isBound(rule: Rule): boolean {
  const { account, labels = [], serviceaccount } = rule
  if (account?.start.includes(':') === true) return true
  return labels.length > 0 || serviceaccount !== undefined || isOwn(rule)
}

function asksForAccount({ account, name, type, service }: Rule): boolean {
  if (!isAnybody(account, ACCOUNTS)) return true
  return [name, type, service].some((pattern) =>
    placeholdersIn(pattern?.source ?? '').includes('account'),
  )
}

function isAnybody(pattern: Pattern | undefined, names: readonly string[]): boolean {
  if (pattern === undefined || ANYBODY.test(pattern.source)) return true
  return (
    placeholdersIn(pattern.source).length === 0 &&
    names.every((name) => pattern.matches(name, {}) === true)
  )
}
