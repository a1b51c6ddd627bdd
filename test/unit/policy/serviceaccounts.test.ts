import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Asker } from '../../../src/policy/asker.ts'
import type { MatchSource } from '../../../src/policy/compile-rule.ts'
import { explain } from '../../../src/policy/explain.ts'
import { lint } from '../../../src/policy/lint.ts'
import { createPolicy, namespacePolicy, type Policy } from '../../../src/policy/policy.ts'
import { grant } from '../../../src/policy/grant.ts'
import { reachable } from '../../../src/policy/reachable.ts'
import { reachOf } from '../../../src/policy/reach.ts'
import { askerOf } from '../../support/askers.ts'
import { ruleOf } from '../../support/rules.ts'

const ACCOUNT = 'system:serviceaccount:team-a:builder'
const BUILDER = askerOf([{ namespace: 'team-a', serviceaccount: 'builder' }], { account: ACCOUNT })
const OWNER = askerOf([{ namespace: 'team-a' }])

type Written = readonly [MatchSource, readonly string[]]

function actionsOf(policy: Policy, asker: Asker, name = 'team-a/app'): string {
  const requested = [{ type: 'repository', name, actions: ['pull', 'push', 'delete'] }]
  return grant(policy, asker, requested)
    .access.flatMap(({ actions }) => actions)
    .join()
}

const policyOf = (rules: readonly Written[]) =>
  createPolicy(rules.map(([match, actions]) => ruleOf(match, actions)))

const OWN: Written = [{ namespace: '*', name: '${namespace}/**' }, ['*']]

describe('what a policy gives a ServiceAccount', () => {
  const TABLE: readonly (readonly [what: string, rules: readonly Written[], has: string])[] = [
    ['of what its namespace may, pulls', [OWN], 'pull'],
    ['of what anybody may, pulls', [[{}, ['*']]], 'pull'],
    ['of what its account may by name, pulls', [[{ account: ACCOUNT }, ['*']]], 'pull'],
    ['of pushes alone, nothing', [[{ name: '**' }, ['push', 'delete']]], ''],
    [
      'what a rule that names it gives it',
      [[{ namespace: 'team-a', serviceaccount: 'builder' }, ['pull', 'push']], OWN],
      'pull,push',
    ],
    ['all, by a rule for every one', [[{ serviceaccount: '*' }, ['*']]], 'pull,push,delete'],
    [
      'by its name',
      [[{ name: '${namespace}/**', serviceaccount: 'b*r' }, ['*']]],
      'pull,push,delete',
    ],
    ['no more than by the first rule', [OWN, [{ serviceaccount: 'builder' }, ['*']]], 'pull'],
    ['nothing by a rule for another one', [[{ serviceaccount: 'other' }, ['*']]], ''],
    ['nothing that is denied to all', [[{ name: 'team-a/**' }, []], OWN], ''],
  ]
  for (const [what, rules, has] of TABLE) {
    it(`is ${what}`, () => {
      const policy = policyOf(rules)
      assert.equal(actionsOf(policy, BUILDER), has)
      const requested = [
        { type: 'repository', name: 'team-a/app', actions: ['pull', 'push', 'delete'] },
      ]
      const [told] = explain(policy, BUILDER, requested).resources
      const allowed = told?.actions.filter((one) => one.allowed).map(({ action }) => action)
      assert.equal(allowed?.join(), has)
    })
  }

  it('is pulls below its own name without a policy file, and what is shared', () => {
    const policy = namespacePolicy({
      ...{ public: [], shared: ['library/**'], administrators: ['team-a'] },
    })
    assert.equal(actionsOf(policy, BUILDER), 'pull')
    assert.equal(actionsOf(policy, BUILDER, 'library/base'), 'pull')
    assert.equal(actionsOf(policy, BUILDER, 'team-b/app'), '')
    assert.equal(actionsOf(policy, OWNER), 'pull,push,delete')
    const catalog = [{ type: 'registry', name: 'catalog', actions: ['*'] }]
    assert.deepEqual(grant(policy, BUILDER, catalog).access, [])
    assert.deepEqual(grant(policy, OWNER, catalog).access, catalog)
    assert.deepEqual(reachOf(policy, BUILDER), ['library/', 'team-a/'])
  })

  it('has a namespace in shadow pull, and no more', () => {
    const shadow = ruleOf({ type: 'repository', namespace: 'team-a' }, ['pull', 'push', 'delete'])
    const policy = createPolicy([], [shadow])
    assert.equal(actionsOf(policy, BUILDER), 'pull')
    assert.equal(actionsOf(policy, OWNER), 'pull,push,delete')
  })

  it('is nothing to whoever is none, and takes nothing from a namespace', () => {
    const policy = policyOf([[{ serviceaccount: '**', name: 'team-a/**' }, []], OWN])
    assert.equal(actionsOf(policy, OWNER), 'pull,push,delete')
    assert.equal(actionsOf(policy, askerOf([])), '')
  })

  it('may have its name in a pattern', () => {
    const policy = policyOf([
      [{ name: '${namespace}/${serviceaccount}/**', serviceaccount: '*' }, ['*']],
    ])
    assert.equal(actionsOf(policy, BUILDER, 'team-a/builder/x'), 'pull,push,delete')
    assert.equal(actionsOf(policy, BUILDER, 'team-a/other/x'), '')
    assert.equal(actionsOf(policy, OWNER, 'team-a/builder/x'), '')
    const groups = policyOf([
      [{ serviceaccount: '/^(.+)er$/', name: 'team-a/${serviceaccount:1}/*' }, ['pull']],
    ])
    assert.equal(actionsOf(groups, BUILDER, 'team-a/build/x'), 'pull')
  })
})

describe('what is said of a ServiceAccount', () => {
  it('is that a rule does not name it, where it would allow others', () => {
    const requested = [{ type: 'repository', name: 'team-a/app', actions: ['push'] }]
    const [first] = explain(policyOf([OWN]), BUILDER, requested).resources
    assert.equal(first?.actions[0]?.because, 'serviceaccount')
    assert.equal(first.holders[0]?.serviceaccount, 'builder')
    const rules: readonly Written[] = [[{ namespace: '*', name: '${namespace}/**' }, ['pull']]]
    const [second] = explain(policyOf(rules), BUILDER, requested).resources
    assert.equal(second?.actions[0]?.because, 'rule')
  })

  it('is in the list of what it may do', () => {
    const policy = policyOf([[{ serviceaccount: 'builder' }, ['pull', 'push']], OWN])
    assert.deepEqual(
      reachable(policy, BUILDER).map(({ actions }) => actions),
      [['pull', 'push'], ['pull']],
    )
  })

  it('is that a rule for it behind one for everybody never decides', () => {
    const policy = policyOf([OWN, [{ ...OWN[0], serviceaccount: 'builder' }, ['*']]])
    assert.deepEqual(
      lint(policy).map(({ kind }) => kind),
      ['unreachable'],
    )
    const others = policyOf([[{ ...OWN[0], serviceaccount: '*' }, ['*']], OWN])
    assert.deepEqual(lint(others), [])
  })
})
