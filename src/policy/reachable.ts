import type { Holder } from '../subject.ts'
import type { Asker } from './asker.ts'
import { addresses, valuesFor } from './match-rule.ts'
import { fill, piecesOf, type Values } from './placeholders.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'
import { isMeantFor } from './verdict.ts'
import { isWithin, voicesOf } from './voices.ts'

/** What a rule says to somebody, whatever is asked for. */
export interface ReachableRule {
  readonly rule: string
  readonly type: string
  /** The pattern, with what its placeholders come to. */
  readonly name: string
  /** Of `actions` of the rule those that the credential may do at all. */
  readonly actions: readonly string[]
  /** What else decides whether it matches. */
  readonly only: readonly string[]
}

const ACTIONS = ['delete', 'pull', 'push']

/**
 * The rules that can match for somebody, in order; of several holders the rules of each. What a rule in
 * shadow says is left out: it decides nothing.
 */
export function reachable(policy: Policy, asker: Asker): readonly ReachableRule[] {
  const found = voicesOf(policy, asker).flatMap(({ holder, voice }) => {
    const plain = valuesFor(voice, 'repository', undefined)
    return policy.rules.flatMap((rule): ReachableRule[] => {
      const values = rule.captures?.(plain) ?? plain
      if (rule.shadow === true) return []
      const asked = addresses(rule, voice, values)
      if (asked === false) return []
      return [
        {
          ...{ rule: rule.id, type: rule.type.source, name: nameOf(rule, values) },
          ...{ actions: limited(rule, holder), only: conditionsOf(rule, asked) },
        },
      ]
    })
  })
  const texts = found.map((one) => JSON.stringify(one))
  return found.filter((_, at) => texts.indexOf(texts[at] ?? '') === at)
}

function nameOf({ name }: Rule, values: Values): string {
  return fill(piecesOf(name.source))(values) ?? name.source
}

function limited(rule: Rule, holder: Holder | undefined): readonly string[] {
  const { actions } = rule
  if ((holder?.actions ?? holder?.serviceaccount) === undefined) return actions
  return (actions[0] === '*' ? ACTIONS : actions).filter(
    (action) => isWithin(holder, action) && isMeantFor(rule, action, holder ?? {}),
  )
}

function conditionsOf(rule: Rule, asked: boolean | undefined): readonly string[] {
  return [
    ...(rule.tags === undefined
      ? []
      : [`tag ${rule.tags.map(({ source }) => source).join(' or ')}`]),
    ...(asked === undefined ? ['its ip, when or labels match'] : []),
  ]
}
