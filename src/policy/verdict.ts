import type { Tags, Voice } from './asker.ts'
import type { Match } from './compiled-pattern.ts'
import { matchRule, valuesFor, type Resource } from './match-rule.ts'
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
  /** The first that would have decided if it were in force. */
  readonly shadow: Rule | undefined
}

/**
 * The first rule that matches, and those before it of which that can't be told, as where nobody knows
 * whether the client is in their network: such a rule must neither allow anything nor be passed over in
 * silence.
 */
export function verdictOf(policy: Policy, voice: Voice, resource: Resource): Verdict {
  const tried: Tried[] = []
  const values = valuesFor(voice, resource.type, resource.name)
  let shadow: Rule | undefined
  policy.index.search(voice, resource.name, (rule) => {
    const matches = withTags(rule, voice.tags, matchRule(rule, voice, resource, values))
    if (matches === false) return false
    if (rule.shadow === true) {
      if (matches !== 'some') shadow ??= rule
      return false
    }
    tried.push({ rule, matches })
    return matches === true
  })
  return { tried, shadow }
}

/** What a rule says about an action if it decides. */
export function permits({ actions }: Rule, action: string): boolean {
  return (actions.length === 1 && actions[0] === '*') || actions.includes(action)
}

/** The rule that allows an action; `undefined`: it is denied. */
export function allowing({ tried }: Verdict, action: string): Rule | undefined {
  for (const { rule, matches } of tried) {
    if (permits(rule, action)) {
      if (matches !== undefined) return rule
    } else if (matches !== 'some') return undefined
  }
  return undefined
}

/** A request that names several tags, not all of them the rule's, is not told apart. */
function withTags({ tags }: Rule, named: Tags, matches: Match): Match | 'some' {
  if (tags === undefined || matches === false) return matches
  if (named === undefined) return undefined
  if (named === 'any') return matches === undefined ? undefined : 'some'
  const mine = named.filter((tag) => tags.some((pattern) => pattern.matches(tag, {})))
  if (mine.length === 0) return false
  return mine.length === named.length ? matches : undefined
}
