import { reachable, type ReachableRule } from '../../policy/reachable.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Asking } from '../../serve/asking/who.ts'
import { printJson, type Output } from '../output.ts'
import { formatTable } from '../table.ts'

/** What there is for somebody, rule by rule: nothing for who can't log in. Exit 1 if there is nothing. */
export function listRules(policy: Policy, { asker, shutOut }: Asking, output: Output): void {
  const rules = shutOut === undefined ? reachable(policy, asker) : []
  if (output === 'json') printJson(rules)
  else process.stdout.write(formatTable([HEAD, ...rules.map(rowOf)]))
  process.stderr.write('of rules that match the first decides\n')
  process.exitCode = rules.some(({ actions }) => actions.length > 0) ? 0 : 1
}

const HEAD = ['TYPE', 'NAME', 'ACTIONS', 'RULE', 'ONLY IF']

function rowOf({ type, name, actions, rule, only }: ReachableRule): readonly string[] {
  return [type, name, actions.length === 0 ? 'none' : actions.join(','), rule, only.join(', ')]
}
