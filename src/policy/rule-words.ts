import { formatHours } from './hours.ts'
import { formatNetwork } from './network.ts'
import type { Rule } from './rule.ts'

/** What a rule asks for, key by key as in a policy file; nothing: it is about everything. */
export function matchWords(rule: Rule): readonly { readonly key: string; readonly text: string }[] {
  const { type, name, namespace, serviceaccount, account, service } = rule
  const patterns = { type, name, namespace, serviceaccount, account, service }
  return [
    ...Object.entries(patterns).flatMap(([key, pattern]) =>
      pattern === undefined || pattern.source === '**' ? [] : [{ key, text: pattern.source }],
    ),
    ...(rule.labels ?? []).map(({ label, pattern }) => ({
      ...{ key: `label ${label}`, text: pattern.source },
    })),
    ...(rule.network === undefined ? [] : [{ key: 'ip', text: formatNetwork(rule.network) }]),
    ...(rule.hours === undefined ? [] : [{ key: 'when', text: formatHours(rule.hours.source) }]),
    ...(rule.tags === undefined
      ? []
      : [{ key: 'tags', text: rule.tags.map(({ source }) => source).join(', ') }]),
  ]
}

/** What a rule allows whoever it matches. */
export function actionsWords({ actions, anonymous, shadow, immutable = [] }: Rule): string {
  const all = actions[0] === '*' ? 'everything' : actions.join(', ')
  return [
    actions.length === 0 ? 'nothing' : all,
    ...(anonymous === true ? ['also without credentials'] : []),
    ...(shadow === true ? ['in shadow: decides nothing'] : []),
    ...(immutable.length === 0
      ? []
      : [`tags ${immutable.map(({ source }) => source).join(', ')} are written once`]),
  ].join('; ')
}
