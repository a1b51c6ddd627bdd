import type { Labels } from '../subject.ts'
import type { Voice } from './asker.ts'
import { valuesOf } from './bindings.ts'
import type { Match } from './compiled-pattern.ts'
import { contains } from './network.ts'
import type { Values } from './placeholders.ts'
import type { LabelPattern, Rule } from './rule.ts'

/** What is asked about. */
export interface Resource {
  readonly type: string
  readonly name: string
}

/** What a rule asks for, by the key that it has in `match`. Tags are asked for after all of these. */
export type ConditionKey =
  | 'type'
  | 'name'
  | 'namespace'
  | 'serviceaccount'
  | 'account'
  | 'service'
  | 'labels'
  | 'ip'
  | 'when'

/** One thing that a rule asks for; a rule that does not ask for it has it. */
export interface Condition<Of extends unknown[]> {
  readonly key: ConditionKey
  /** `values`: what the placeholders of the rule stand for. */
  readonly holds: (rule: Rule, voice: Voice, values: Values, ...of: Of) => Match
}

/** What a rule asks of the resource. */
export const OF_RESOURCE: readonly Condition<[Resource]>[] = [
  {
    key: 'type',
    holds: ({ type }, voice, values, resource) => type.matches(resource.type, values, voice.labels),
  },
  {
    key: 'name',
    holds: ({ name }, voice, values, resource) => name.matches(resource.name, values, voice.labels),
  },
]

/** What a rule asks of whoever asks, of where it is and when. */
export const OF_ASKER: readonly Condition<[]>[] = [
  {
    key: 'namespace',
    holds({ namespace, anonymous }, voice, values) {
      if (voice.anonymous && anonymous !== true) return false
      if (namespace === undefined) return true
      if (voice.namespace === undefined) return false
      return namespace.matches(voice.namespace, values, voice.labels)
    },
  },
  {
    key: 'serviceaccount',
    holds({ serviceaccount }, voice, values) {
      if (serviceaccount === undefined) return true
      if (voice.serviceaccount === undefined) return false
      return serviceaccount.matches(voice.serviceaccount, values, voice.labels)
    },
  },
  {
    key: 'account',
    holds: ({ account }, voice, values) =>
      account === undefined || account.matches(voice.account, values, voice.labels),
  },
  {
    key: 'service',
    holds: ({ service }, voice, values) =>
      service === undefined || service.matches(voice.service, values, voice.labels),
  },
  { key: 'labels', holds: hasLabels },
  {
    key: 'ip',
    holds({ network }, { address }) {
      if (network === undefined) return true
      return address === undefined ? undefined : contains(network, address)
    },
  },
  {
    key: 'when',
    holds({ hours }, { now }) {
      if (hours === undefined) return true
      return now === undefined ? undefined : hours.contains(now)
    },
  },
]

function hasLabels({ labels }: Rule, voice: Voice, values: Values): Match {
  if (labels === undefined) return true
  let told: Match = true
  for (const one of labels) {
    const match = hasLabel(one, voice.labels, values)
    if (match === false) return false
    if (match === undefined) told = undefined
  }
  return told
}

/** Whether one of the values of a label is what a rule wants. */
export function hasLabel(
  { label, pattern }: LabelPattern,
  labels: Labels | undefined,
  values: Values,
): Match {
  const matches = valuesOf(labels, label).map((value) => pattern.matches(value, values))
  return matches.includes(true) ? true : matches.includes(undefined) ? undefined : false
}
