import { visible } from '../printable.ts'
import type { ExplainedAction, ExplainedHolder, ExplainedRule, Explanation } from './explain.ts'

/** What a decision comes to for one resource, in words; nothing in them moves a cursor or hides. */
export interface ExplainedInWords {
  /** As `repository:team-a/app`. */
  readonly resource: string
  readonly actions: readonly {
    readonly action: string
    readonly allowed: boolean
    readonly words: string
  }[]
  readonly holders: readonly {
    /** Who, and the most that its credential may do. */
    readonly who: string
    /** In the order of the policy. */
    readonly rules: readonly RuleInWords[]
    /** How many rules stand behind the one that decides. */
    readonly untried: number
  }[]
}

export interface RuleInWords {
  readonly rule: string
  readonly matches: ExplainedRule['matches']
  /** The same in words. */
  readonly match: string
  /** What it allows, or what keeps it from matching. */
  readonly why: string
}

export function explanationWords({ resources }: Explanation): readonly ExplainedInWords[] {
  return resources.map(({ type, name, actions, holders }) => ({
    resource: visible(`${type}:${name}`),
    actions: actions.map((one) => ({
      ...{ action: one.action, allowed: one.allowed },
      words: visible(verdictOf(one)),
    })),
    holders: holders.map((holder) => ({
      who: visible(holderWords(holder)),
      rules: holder.tried.map(ruleInWords),
      untried: holder.untried,
    })),
  }))
}

/** What becomes of an action, and by what. */
export function verdictOf({ allowed, because, rule = '', reason }: ExplainedAction): string {
  const word = allowed ? 'allowed' : 'denied'
  const says = reason === undefined ? '' : `: ${reason}`
  switch (because) {
    case 'rule':
      return `${word} by ${rule}${says}`
    case 'no rule':
      return 'denied: no rule matches'
    case 'decider':
      return allowed
        ? `allowed by ${rule}: no rule is about it`
        : `denied: no rule is about it, and ${rule} has not allowed it`
    case 'untold':
      return `denied: it can't be told whether ${rule} matches${says}`
    case 'credential':
      return 'denied: the credential itself is not for it, whatever the policy says'
    case 'serviceaccount':
      return `denied by ${rule}, which names no serviceaccount: they have no more than pulls of it${says}`
    case 'shadow':
      return `allowed only since ${rule} is in shadow`
    case 'name':
      return 'denied: not the name of a repository in the OCI grammar'
  }
}

function holderWords({ anonymous, namespace = '-', serviceaccount, limit }: ExplainedHolder) {
  const of = serviceaccount === undefined ? '' : `ServiceAccount ${serviceaccount} of `
  const who = anonymous === true ? 'nobody' : `${of}namespace ${namespace}`
  return limit === undefined ? who : `${who}, whose credential is for ${limit.join(',')} alone`
}

function ruleInWords(rule: ExplainedRule): RuleInWords {
  return {
    ...{ rule: visible(rule.rule), matches: rule.matches, match: matchWords(rule) },
    why: visible(whyWords(rule)),
  }
}

function matchWords({ matches, shadow }: ExplainedRule): string {
  const inShadow = shadow === true ? ' (shadow)' : ''
  const words = { yes: 'matches', no: 'no match', unknown: "can't be told", some: 'some tags' }
  return `${words[matches]}${inShadow}`
}

function whyWords({ matches, actions, unmet }: ExplainedRule): string {
  const allows =
    actions.length === 0
      ? 'allows nothing'
      : `allows ${actions[0] === '*' ? 'everything' : actions.join(',')}`
  const why = unmet.map(({ condition, text }) => `${condition}: ${text}`).join('; ')
  return matches === 'no' ? why : [allows, why].filter((part) => part !== '').join('; ')
}
