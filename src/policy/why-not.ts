import { formatInstant } from '../instant.ts'
import type { Voice } from './asker.ts'
import { valuesOf } from './bindings.ts'
import type { Match, Pattern } from './compiled-pattern.ts'
import { hasLabel, OF_ASKER, OF_RESOURCE, type ConditionKey, type Resource } from './conditions.ts'
import { formatHours } from './hours.ts'
import { formatNetwork } from './network.ts'
import { labelOf, placeholdersIn, type Values } from './placeholders.ts'
import type { Rule } from './rule.ts'
import { matchTags } from './verdict.ts'

/** One thing that a rule asks for and that a request does not have. */
export interface Unmet {
  readonly condition: ConditionKey | 'tags'
  /** False: nobody knows whether the request has it. */
  readonly told: boolean
  /** What the request has and what the rule asks for, in words that follow the name of the condition. */
  readonly text: string
}

interface Asked {
  readonly rule: Rule
  readonly voice: Voice
  readonly values: Values
  readonly resource: Resource
  /** False: nobody knows whether it holds. */
  readonly told: boolean
}

/**
 * What of a rule does not hold for a request, or can't be told; nothing if it matches. Asks the very
 * conditions that decide, and only puts into words what each of them answers.
 */
export function whyNot(
  rule: Rule,
  voice: Voice,
  resource: Resource,
  plain: Values,
): readonly Unmet[] {
  const values = rule.captures?.(plain) ?? plain
  const unmet: Unmet[] = []
  const take = (condition: ConditionKey, match: Match) => {
    if (match === true) return
    const told = match === false
    const text = WORDS[condition]({ rule, voice, values, resource, told })
    unmet.push({ condition, told, text })
  }
  for (const { key, holds } of OF_RESOURCE) take(key, holds(rule, voice, values, resource))
  for (const { key, holds } of OF_ASKER) take(key, holds(rule, voice, values))
  return matchTags(rule, voice.tags) === true ? unmet : [...unmet, whyNotTags(rule, voice)]
}

const WORDS: Readonly<Record<ConditionKey, (asked: Asked) => string>> = {
  type: (asked) => isNot(asked.resource.type, asked.rule.type, asked),
  name: (asked) => isNot(asked.resource.name, asked.rule.name, asked),
  namespace(asked) {
    const { rule, voice } = asked
    if (voice.anonymous && rule.anonymous !== true) {
      return 'nobody is logged in, and the policy does not have anonymous: true'
    }
    if (voice.namespace === undefined) {
      return `there is none, and the rule is for ${rule.namespace?.source ?? ''}`
    }
    return isNot(voice.namespace, rule.namespace, asked)
  },
  serviceaccount: (asked) =>
    asked.voice.serviceaccount === undefined
      ? `it is none, and the rule is for ${asked.rule.serviceaccount?.source ?? ''}`
      : isNot(asked.voice.serviceaccount, asked.rule.serviceaccount, asked),
  account: (asked) => isNot(asked.voice.account, asked.rule.account, asked),
  service: (asked) => isNot(asked.voice.service, asked.rule.service, asked),
  labels({ rule, voice, values }) {
    return (rule.labels ?? [])
      .filter((one) => hasLabel(one, voice.labels, values) !== true)
      .map(({ label, pattern }) => {
        const has = valuesOf(voice.labels, label)
        const found = has.length === 0 ? 'has no value' : `is ${has.join(' or ')}`
        return `${label} ${found}, not ${pattern.source}${standsFor(pattern, values, voice)}`
      })
      .join('; ')
  },
  ip({ rule, voice }) {
    const wanted = rule.network === undefined ? '' : formatNetwork(rule.network)
    return voice.address === undefined
      ? `nobody knows the address of the client, which must be in ${wanted}`
      : `${formatNetwork({ groups: voice.address, prefix: 16 * voice.address.length })} is not in ${wanted}`
  },
  when({ rule, voice }) {
    const wanted = rule.hours === undefined ? '' : formatHours(rule.hours.source)
    return voice.now === undefined
      ? `nobody says what time it is, which must be in ${wanted}`
      : `${formatInstant(Math.floor(voice.now))} is not in ${wanted}`
  },
}

/** What keeps a rule about tags from deciding on all of the tags of a request. */
function whyNotTags({ tags = [] }: Rule, { tags: named }: Voice): Unmet {
  const wanted = tags.map(({ source }) => source).join(' or ')
  const unmet = (told: boolean, text: string): Unmet => ({ condition: 'tags', told, text })
  if (named === undefined)
    return unmet(false, `nobody knows which tags it is about, ${wanted} or others`)
  if (named === 'any')
    return unmet(false, `a token is for all tags, and the rule for ${wanted} alone`)
  if (named.length === 0) return unmet(true, `it names no tag, and the rule is for ${wanted}`)
  const others = named.filter((tag) => !tags.some((pattern) => pattern.matches(tag, {})))
  const all = others.length === named.length
  const found = others.join(' and ')
  return all
    ? unmet(true, `${found} is not ${wanted}`)
    : unmet(false, `it is about ${found} as well, not ${wanted} alone`)
}

function isNot(
  found: string,
  pattern: Pattern | undefined,
  { values, voice, told }: Asked,
): string {
  const wanted =
    pattern === undefined ? '' : `${pattern.source}${standsFor(pattern, values, voice)}`
  if (!told) return `its labels have too many values to tell whether ${found} is ${wanted}`
  return found === '' ? `is empty, not ${wanted}` : `${found} is not ${wanted}`
}

/** What the placeholders of a pattern come to. */
function standsFor({ source }: Pattern, values: Values, voice: Voice): string {
  const parts = [...new Set(placeholdersIn(source))].map((name) => {
    const label = labelOf(name)
    const value = values[name]
    const found =
      label === undefined ? (value === undefined ? [] : [value]) : valuesOf(voice.labels, label)
    return `\${${name}} is ${found.length === 0 ? 'nothing' : found.join(' or ')}`
  })
  return parts.length === 0 ? '' : `, where ${parts.join(' and ')}`
}
