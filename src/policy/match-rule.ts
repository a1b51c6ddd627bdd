import type { Labels } from '../subject.ts'
import type { Voice } from './asker.ts'
import { valuesOf } from './bindings.ts'
import { every, type Match } from './compiled-pattern.ts'
import { contains } from './network.ts'
import type { Values } from './placeholders.ts'
import type { LabelPattern, Rule } from './rule.ts'

/** What is asked about. */
export interface Resource {
  readonly type: string
  readonly name: string
}

/** What placeholders stand for; an empty account or namespace is none. */
export function valuesFor(
  { account, namespace, service }: Voice,
  type: string,
  name: string | undefined,
): Values {
  return { account: account === '' ? undefined : account, namespace, service, type, name }
}

/**
 * Whether a rule is about a resource and a voice, whatever the tags. `plain`: what placeholders stand for,
 * without captures.
 */
export function matchRule(
  rule: Rule,
  voice: Voice,
  { type, name }: Resource,
  plain: Values,
): Match {
  const values = rule.captures?.(plain) ?? plain
  const ofType = rule.type.matches(type, values, voice.labels)
  if (ofType === false) return false
  const ofName = rule.name.matches(name, values, voice.labels)
  if (ofName === false) return false
  const asked = addresses(rule, voice, values)
  return ofType === true && ofName === true ? asked : every([ofType, ofName, asked])
}

/** Whether a rule is there at all for a voice; that can't be told of an address that nobody knows. */
export function addresses(rule: Rule, voice: Voice, values: Values): Match {
  const { namespace, account, service, labels, network, hours } = rule
  let told = true
  const differs = (match: Match) => {
    if (match === undefined) told = false
    return match === false
  }
  if (voice.anonymous && rule.anonymous !== true) return false
  if (namespace !== undefined) {
    if (voice.namespace === undefined) return false
    if (differs(namespace.matches(voice.namespace, values, voice.labels))) return false
  }
  if (account !== undefined && differs(account.matches(voice.account, values, voice.labels))) {
    return false
  }
  if (service !== undefined && differs(service.matches(voice.service, values, voice.labels))) {
    return false
  }
  if (labels?.some((one) => differs(hasLabel(one, voice.labels, values))) === true) return false
  if (network !== undefined) {
    if (voice.address === undefined) told = false
    else if (!contains(network, voice.address)) return false
  }
  if (hours !== undefined) {
    if (voice.now === undefined) told = false
    else if (!hours(voice.now)) return false
  }
  return told ? true : undefined
}

function hasLabel(
  { label, pattern }: LabelPattern,
  labels: Labels | undefined,
  values: Values,
): Match {
  const matches = valuesOf(labels, label).map((value) => pattern.matches(value, values))
  return matches.includes(true) ? true : matches.includes(undefined) ? undefined : false
}
