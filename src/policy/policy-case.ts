import type { Access } from '../registry/access.ts'
import { formatScope } from '../registry/scope.ts'
import type { Asker } from './asker.ts'
import { explain, type Explanation } from './explain.ts'
import type { Policy } from './policy.ts'

/** A question to a policy with the answer that it should give. */
export interface PolicyCase {
  readonly asker: Asker
  readonly requested: Access
  readonly expected: Expectation
}

/** What is left out may be anything. */
export interface Expectation {
  readonly granted?: Access | undefined
  /** The rules that decide, each once, commas between. */
  readonly rule?: string | undefined
  /** The words for whoever is denied something. */
  readonly reason?: string | undefined
}

export interface Difference {
  readonly what: keyof Expectation
  readonly expected: string
  readonly found: string
}

export interface CaseResult {
  /** None: it is as it should be. */
  readonly differences: readonly Difference[]
  readonly explanation: Explanation
}

export function judgeCase(policy: Policy, { asker, requested, expected }: PolicyCase): CaseResult {
  const explanation = explain(policy, asker, requested)
  const actions = explanation.resources.flatMap((resource) => resource.actions)
  const rules = new Set(actions.flatMap(({ rule }) => rule ?? []))
  const found: Readonly<Record<keyof Expectation, string>> = {
    granted: formatScope(explanation.granted),
    rule: [...rules].join(','),
    reason: actions.find(({ reason }) => reason !== undefined)?.reason ?? '',
  }
  const { granted } = expected
  const wanted = { ...expected, granted: granted && formatScope(granted) }
  const differences = (['granted', 'rule', 'reason'] as const).flatMap((what) => {
    const text = wanted[what]
    return text === undefined || text === found[what]
      ? []
      : [{ what, expected: text, found: found[what] }]
  })
  return { differences, explanation }
}
