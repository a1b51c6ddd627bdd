import type { Voice } from './asker.ts'
import type { Match } from './compiled-pattern.ts'
import { OF_ASKER, OF_RESOURCE, type Resource } from './conditions.ts'
import type { Values } from './placeholders.ts'
import type { Rule } from './rule.ts'

export type { Resource }

/** What placeholders stand for; an empty account or namespace is none. */
export function valuesFor(
  { account, namespace, serviceaccount, service }: Voice,
  type: string,
  name: string | undefined,
): Values {
  const who = { account: account === '' ? undefined : account, namespace, serviceaccount }
  return { ...who, service, type, name }
}

/**
 * Whether a rule is about a resource and a voice, whatever the tags. `plain`: what placeholders stand for,
 * without captures.
 */
export function matchRule(rule: Rule, voice: Voice, resource: Resource, plain: Values): Match {
  const values = rule.captures === undefined ? plain : rule.captures(plain)
  if (values === undefined) return false
  let told: Match = true
  for (const { holds } of OF_RESOURCE) {
    const match = holds(rule, voice, values, resource)
    if (match === false) return false
    if (match === undefined) told = undefined
  }
  const asked = addresses(rule, voice, values)
  return told === true || asked === false ? asked : undefined
}

/** Whether a rule is there at all for a voice; that can't be told of an address that nobody knows. */
export function addresses(rule: Rule, voice: Voice, values: Values): Match {
  let told: Match = true
  for (const { holds } of OF_ASKER) {
    const match = holds(rule, voice, values)
    if (match === false) return false
    if (match === undefined) told = undefined
  }
  return told
}
