import type { Asker } from '../../src/policy/asker.ts'
import { compileRule, type MatchSource } from '../../src/policy/compile-rule.ts'
import { grant } from '../../src/policy/grant.ts'
import type { Dialect } from '../../src/policy/pattern.ts'
import { createPolicy } from '../../src/policy/policy.ts'
import type { Rule } from '../../src/policy/rule.ts'

/** A rule of these parts, known by them. */
export function ruleOf(
  match: MatchSource,
  actions: readonly string[] = ['pull'],
  dialect: Dialect = 'rauth',
): Rule {
  return compileRule({ id: JSON.stringify(match), match, actions, anonymous: true }, dialect)
}

/** Which actions of pull and push on a repository these rules allow. */
export function allowed(rules: readonly Rule[], asker: Asker, name: string): string {
  const requested = [{ type: 'repository', name, actions: ['pull', 'push'] }]
  return grant(createPolicy(rules), asker, requested)
    .access.flatMap(({ actions }) => actions)
    .join()
}
