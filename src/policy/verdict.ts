import type { Tags, Voice } from './asker.ts'
import type { Match } from './compiled-pattern.ts'
import { matchRule, valuesFor, type Resource } from './match-rule.ts'
import type { Values } from './placeholders.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

/** A rule that was found, and whether it matches; `some`: for some of the tags that a token is for. */
export interface Tried {
  readonly rule: Rule
  readonly matches: true | undefined | 'some'
}

/** What the rules say about one resource to one voice. */
export interface Verdict {
  /** Up to the first that matches for sure, if there is one. */
  readonly tried: readonly Tried[]
  /** The same with those in shadow among them, if there are any: what would decide if they were in force. */
  readonly inForce: readonly Tried[] | undefined
}

/**
 * The first rule that matches, and those before it of which that can't be told, as where nobody knows
 * whether the client is in their network: such a rule must neither allow anything nor be passed over in
 * silence.
 */
export function verdictOf(policy: Policy, voice: Voice, resource: Resource): Verdict {
  const tried: Tried[] = []
  const values = valuesFor(voice, resource.type, resource.name)
  let inForce: Tried[] | undefined
  policy.index.search(voice, resource.name, (rule) => {
    const matches = matchWithTags(rule, voice, resource, values)
    if (matches === false) return false
    if (rule.shadow === true) {
      inForce ??= [...tried]
      inForce.push({ rule, matches })
      return false
    }
    tried.push({ rule, matches })
    inForce?.push({ rule, matches })
    return matches === true
  })
  return { tried, inForce }
}

/** Whether a rule is about a request of a voice, tags included; `some`: for some of them. */
export function matchWithTags(
  rule: Rule,
  voice: Voice,
  resource: Resource,
  values: Values,
): Match | 'some' {
  const matches = matchRule(rule, voice, resource, values)
  if (rule.tags === undefined || matches === false) return matches
  const tags = matchTags(rule, voice.tags)
  return matches === true || tags === false ? tags : undefined
}

/** What a rule says about an action of a voice if it decides. */
export function permits(rule: Rule, action: string, voice: Voice): boolean {
  return says(rule, action) && isMeantFor(rule, action, voice)
}

/** Whether an action is among those of a rule. */
export function says({ actions }: Rule, action: string): boolean {
  return (actions.length === 1 && actions[0] === '*') || actions.includes(action)
}

/**
 * Whoever may start a pod in a namespace has its ServiceAccounts: they only pull, unless the rule has them in
 * mind. What a rule denies is denied to them as well.
 */
export function isMeantFor(
  { serviceaccount }: Rule,
  action: string,
  voice: Pick<Voice, 'serviceaccount'>,
): boolean {
  return serviceaccount !== undefined || isForPods(voice, action)
}

/** What a ServiceAccount may do where nobody has it in mind; of anybody else there is nothing to say. */
export function isForPods({ serviceaccount }: Pick<Voice, 'serviceaccount'>, action: string) {
  return serviceaccount === undefined || action === 'pull'
}

/** The rule that allows an action; `undefined`: it is denied. */
export function allowing(tried: readonly Tried[], action: string, voice: Voice): Rule | undefined {
  for (const { rule, matches } of tried) {
    if (permits(rule, action, voice)) {
      if (matches !== undefined) return rule
    } else if (matches !== 'some') return undefined
  }
  return undefined
}

/** The rule that denies what {@link allowing} has no rule for; `undefined`: none matches for sure. */
export function denying(tried: readonly Tried[], action: string, voice: Voice): Rule | undefined {
  return tried.find(({ rule, matches }) => matches !== 'some' && !permits(rule, action, voice))
    ?.rule
}

/**
 * Whether what a request names are tags of a rule. One that names several, not all of them the rule's, is
 * not told apart.
 */
export function matchTags({ tags }: Rule, named: Tags): Match | 'some' {
  if (tags === undefined) return true
  if (named === undefined) return undefined
  if (named === 'any') return 'some'
  const mine = named.filter((tag) => tags.some((pattern) => pattern.matches(tag, {})))
  if (mine.length === 0) return false
  return mine.length === named.length ? true : undefined
}
