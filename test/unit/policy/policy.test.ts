import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { grant as grantTo } from '../../../src/policy/grant.ts'
import { compilePattern } from '../../../src/policy/pattern.ts'
import {
  createPolicy,
  namespacePolicy,
  OWN_NAMESPACE,
  type Policy,
} from '../../../src/policy/policy.ts'
import type { Access } from '../../../src/registry/access.ts'
import type { Holder } from '../../../src/subject.ts'
import { askerOf } from '../../support/askers.ts'

const grant = (policy: Policy, holders: readonly Holder[], requested: Access) =>
  grantTo(policy, askerOf(holders), requested)

const repository = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })

describe('namespacePolicy', () => {
  const policy = namespacePolicy({ public: ['library/**'], shared: ['shared/**', 'library/x'] })
  const rulesFor = (namespaces: readonly string[], name: string, ...actions: string[]) =>
    grant(
      policy,
      namespaces.map((namespace) => ({ namespace })),
      [repository(name, ...actions)],
    )

  it('is the own namespace alone when nothing is public or shared', () => {
    assert.deepEqual(
      namespacePolicy({ public: [], shared: [] }).rules.map(({ id }) => id),
      OWN_NAMESPACE.rules.map(({ id }) => id),
    )
  })

  it('says which pattern decided', () => {
    assert.deepEqual(rulesFor(['team-a'], 'shared/x', 'pull').rules, ['shared shared/**'])
    assert.deepEqual(rulesFor(['team-a'], 'library/y', 'pull').rules, ['public library/**'])
    assert.deepEqual(rulesFor(['team-a'], 'library/x', 'pull').rules, ['shared library/x'])
    assert.deepEqual(rulesFor([], 'library/x', 'pull').rules, ['public library/**'])
  })

  it('takes nothing from the namespace that owns what is shared', () => {
    for (const owner of ['shared', 'library']) {
      const { access, rules } = rulesFor([owner], `${owner}/x`, '*')
      assert.deepEqual(access, [repository(`${owner}/x`, '*')])
      assert.deepEqual(rules, ['own-namespace'])
    }
  })

  it('lets everyone pull everything only if it says so', () => {
    const open = namespacePolicy({ public: ['**'], shared: [] })
    const asked = [repository('any/thing', 'pull', 'push'), repository('bare', 'pull')]
    assert.deepEqual(grant(open, [], asked).access, [
      repository('any/thing', 'pull'),
      repository('bare', 'pull'),
    ])
    assert.deepEqual(grant(open, [], [repository('Any/thing', 'pull')]).access, [])
    const catalog = { type: 'registry', name: 'catalog', actions: ['*'] }
    assert.deepEqual(grant(open, [], [catalog]).access, [])
  })

  it('gives nobody more than pulls of what is public, whatever is asked for', () => {
    const name = fc.array(fc.constantFrom('library', 'shared', 'team-a', '**', '..', 'x', ''), {
      ...{ minLength: 1, maxLength: 4 },
    })
    const action = fc.constantFrom('pull', 'push', 'delete', '*')
    fc.assert(
      fc.property(name, fc.uniqueArray(action, { minLength: 1 }), (parts, actions) => {
        for (const { name: granted, actions: allowed } of grant(
          policy,
          [],
          [repository(parts.join('/'), ...actions)],
        ).access) {
          assert.match(granted, /^library\/[a-z]/)
          assert.deepEqual(allowed, ['pull'])
        }
      }),
    )
  })
})

describe('a rule that does not say whom it is for', () => {
  it('is not for nobody', () => {
    const [own] = OWN_NAMESPACE.rules
    assert.ok(own)
    const everything = createPolicy([{ ...own, name: compilePattern('**') }])
    const asked = [repository('a/b', 'pull')]
    assert.deepEqual(grant(everything, [], asked).access, [])
    assert.deepEqual(grant(everything, [{ namespace: 'x' }], asked).access, asked)
  })
})
