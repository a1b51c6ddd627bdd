import { includesPattern } from './glob-inclusion.ts'
import { contains } from './network.ts'
import type { Dialect, Pattern } from './pattern.ts'
import type { Policy } from './policy.ts'
import { isRegex } from './regex.ts'
import { flawsOfRule, type RuleFlaw } from './rule-flaws.ts'
import type { Rule } from './rule.ts'

/** What a rule does not say although it seems to. */
export interface Finding {
  readonly rule: string
  readonly kind:
    | RuleFlaw['kind']
    | 'unreachable'
    | 'behind-catch-all'
    | 'misses-nested'
    | 'unanchored'
    | 'push-without-pull'
  /** What it is, and what to do; read behind the name of the rule. */
  readonly message: string
}

/** There `**` is `*`, and what a glob is wider than is another matter. */
const OF_GLOBS: readonly Finding['kind'][] = ['unreachable', 'misses-nested']

/** In the order of the rules, then of the exemptions, of which only their names can be wrong. */
export function lint({ rules, shadows }: Policy, dialect: Dialect = 'rauth'): readonly Finding[] {
  const all = rules.findIndex((rule) => rule.shadow !== true && isCatchAll(rule))
  const ofRules = rules.flatMap((rule, index) => [
    ...flawsOfRule(rule, dialect),
    ...hintsOf(rules, index, all),
  ])
  const found = [...ofRules, ...shadows.flatMap((rule) => flawsOfRule(rule, dialect))]
  return found.filter(({ kind }) => dialect === 'rauth' || !OF_GLOBS.includes(kind))
}

/** Of what is behind a rule for everything nothing else is said. */
function hintsOf(rules: readonly Rule[], index: number, all: number): readonly Finding[] {
  const rule = rules[index]
  if (rule === undefined) return []
  const found = (kind: Finding['kind'], message: string): Finding => ({
    ...{ rule: rule.id, kind, message },
  })
  if (all >= 0 && index > all) {
    const before = rules[all]?.id ?? ''
    const message = `never decides: ${before} is for everything; move ${before} to the end`
    return [found('behind-catch-all', message)]
  }
  const wider = rules
    .slice(0, index)
    .find((before) => before.shadow !== true && covers(before, rule))
  if (wider !== undefined) {
    const message = `never decides: all that it matches ${wider.id} matches first; move it before that, or remove it`
    return [found('unreachable', message)]
  }
  return [
    ...nestedFlaw(rule, rules).map((message) => found('misses-nested', message)),
    ...anchorFlaws(rule).map((message) => found('unanchored', message)),
    ...pushFlaw(rule).map((message) => found('push-without-pull', message)),
  ]
}

function isCatchAll(rule: Rule): boolean {
  const { type, name, namespace, serviceaccount, account, service } = rule
  const { labels, network, hours, tags } = rule
  const asks = [namespace, serviceaccount, account, service, labels, network, hours, tags]
  return type.source === '**' && name.source === '**' && asks.every((one) => one === undefined)
}

/** Whether a rule surely matches whatever another matches, where all is known that can be. */
function covers(wide: Rule, narrow: Rule): boolean {
  // What a pattern catches is another text in another rule.
  if (wide.captures !== undefined || narrow.captures !== undefined) return false
  return (
    coversPattern(wide.type, narrow.type) &&
    coversPattern(wide.name, narrow.name) &&
    coversPattern(wide.account, narrow.account) &&
    coversPattern(wide.service, narrow.service) &&
    coversOwn(wide.namespace, narrow.namespace) &&
    coversOwn(wide.serviceaccount, narrow.serviceaccount) &&
    coversLabels(wide, narrow) &&
    coversNetwork(wide, narrow) &&
    sameOrNone(wide.hours?.source, narrow.hours?.source) &&
    sameOrNone(sourcesOf(wide.tags), sourcesOf(narrow.tags))
  )
}

function coversPattern(wide: Pattern | undefined, narrow: Pattern | undefined): boolean {
  return wide === undefined || includesPattern(wide.source, narrow?.source ?? '**')
}

/** Who is of no namespace, or no ServiceAccount, has none that a pattern could match, not even `**`. */
function coversOwn(wide: Pattern | undefined, narrow: Pattern | undefined): boolean {
  return wide === undefined || (narrow !== undefined && includesPattern(wide.source, narrow.source))
}

function coversLabels({ labels: wide = [] }: Rule, { labels: narrow = [] }: Rule): boolean {
  return wide.every(({ label, pattern }) =>
    narrow.some(
      (other) => other.label === label && includesPattern(pattern.source, other.pattern.source),
    ),
  )
}

function coversNetwork({ network: wide }: Rule, { network: narrow }: Rule): boolean {
  if (wide === undefined) return true
  return narrow !== undefined && narrow.prefix >= wide.prefix && contains(wide, narrow.groups)
}

function sameOrNone(wide: unknown, narrow: unknown): boolean {
  return wide === undefined || JSON.stringify(wide) === JSON.stringify(narrow)
}

function sourcesOf(patterns: readonly Pattern[] | undefined): readonly string[] | undefined {
  return patterns?.map(({ source }) => source)
}

/** A `*` at the end stays inside one part. That is meant where another rule is for what is below. */
function nestedFlaw({ name, type }: Rule, rules: readonly Rule[]): readonly string[] {
  const { source } = name
  if (!/(^|\/)\*$/.test(source) || type.source === 'registry') return []
  const nested = `${source.slice(0, -1)}**`
  if (rules.some((rule) => rule.name.source === nested)) return []
  const example = `${source.slice(0, -1)}app/worker`
  return [`has the name ${source}, which does not match ${example}; write ${nested} if it should`]
}

function anchorFlaws(rule: Rule): readonly string[] {
  const { type, name, namespace, serviceaccount, account, service, labels = [], tags = [] } = rule
  const patterns: readonly (readonly [string, Pattern | undefined])[] = [
    ...Object.entries({ type, name, namespace, serviceaccount, account, service }),
    ...labels.map(({ label, pattern }) => [`labels.${label}`, pattern] as const),
    ...tags.map((pattern) => ['tags', pattern] as const),
  ]
  return patterns.flatMap(([key, pattern]) => {
    const source = pattern?.source ?? ''
    if (!isRegex(source) || isAnchored(source.slice(1, -1))) return []
    return [
      `has ${key} ${source}, which matches a part of a text; write /^(?:…)$/ if it should be the whole`,
    ]
  })
}

/** Whether it is the whole text that it matches, and not one way of several alone. */
function isAnchored(expression: string): boolean {
  if (/^\.[*+]$/.test(expression)) return true
  if (!expression.startsWith('^') || !/(^|[^\\])(\\\\)*\$$/.test(expression)) return false
  return !hasTopLevelChoice(expression)
}

function hasTopLevelChoice(expression: string): boolean {
  let depth = 0
  for (const [mark] of expression.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[()|]/g)) {
    if (mark === '(') depth += 1
    else if (mark === ')') depth -= 1
    else if (mark === '|' && depth === 0) return true
  }
  return false
}

/** A push asks for both, of a token and at the gateway. */
function pushFlaw({ actions, type }: Rule): readonly string[] {
  if (!actions.includes('push') || actions.includes('pull') || type.source === 'registry') return []
  return ['has push without pull: whoever pushes asks for both, so no push succeeds by this rule']
}
