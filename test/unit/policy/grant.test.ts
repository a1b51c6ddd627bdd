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

const TEAM_A = [{ namespace: 'team-a' }]

describe('grant', () => {
  it('gives a namespace every action below its own name', () => {
    const requested = [repository('team-a/app', 'delete', 'pull', 'push')]
    assert.deepEqual(grant(OWN_NAMESPACE, TEAM_A, requested), {
      access: requested,
      rules: ['own-namespace'],
    })
  })

  it('leaves out what is not allowed and keeps the rest', () => {
    const own = repository('team-a/app', 'pull')
    const requested = [own, repository('team-b/app', 'pull'), repository('team-a', 'pull')]
    assert.deepEqual(grant(OWN_NAMESPACE, TEAM_A, requested).access, [own])
  })

  it('grants nothing to no namespace', () => {
    assert.deepEqual(grant(OWN_NAMESPACE, [], [repository('team-a/app', 'pull')]).access, [])
  })

  it('judges a subject of several namespaces by all of them', () => {
    const requested = [repository('team-a/app', 'pull'), repository('team-b/app', 'pull')]
    assert.deepEqual(
      grant(OWN_NAMESPACE, [...TEAM_A, { namespace: 'team-b' }], requested).access,
      requested,
    )
  })

  it('does not take the catalog for a repository', () => {
    const catalog = { type: 'registry', name: 'team-a/catalog', actions: ['*'] }
    assert.deepEqual(grant(OWN_NAMESPACE, TEAM_A, [catalog]).access, [])
  })

  for (const name of ['team-a/../team-b/x', 'team-a/', 'team-a//x', 'team-a/X', 'team-a/x%2fy']) {
    it(`never grants the malformed name ${name}`, () => {
      assert.deepEqual(grant(OWN_NAMESPACE, TEAM_A, [repository(name, 'pull')]).access, [])
    })
  }

  it('lets the first matching rule decide, also when it allows less', () => {
    const rule = (id: string, name: string, ...actions: string[]) => ({
      id,
      type: compilePattern('repository'),
      name: compilePattern(name),
      actions,
    })
    const policy = createPolicy([
      rule('frozen', 'team-a/old', 'pull'),
      rule('all', '${namespace}/**', '*'),
    ])
    const requested = [repository('team-a/old', 'pull', 'push'), repository('team-a/new', 'push')]
    assert.deepEqual(grant(policy, TEAM_A, requested), {
      access: [repository('team-a/old', 'pull'), repository('team-a/new', 'push')],
      rules: ['frozen', 'all'],
    })
  })

  describe('to holders with limits', () => {
    const APP = 'team-a/app'
    const granted = (holders: readonly Holder[], ...actions: string[]) =>
      grant(OWN_NAMESPACE, holders, [repository(APP, ...actions)]).access.flatMap(
        (one) => one.actions,
      )
    const may = (...actions: string[]) => ({ namespace: 'team-a', actions })

    it('gives no more than the limit', () => {
      assert.deepEqual(granted([may('pull')], 'delete', 'pull', 'push'), ['pull'])
      assert.deepEqual(granted([may('pull', 'push')], 'delete', 'pull', 'push'), ['pull', 'push'])
      assert.deepEqual(granted([may('pull')], 'push'), [])
      assert.deepEqual(granted([may()], 'pull'), [])
    })

    it('never gives everything, which is more than any list', () => {
      assert.deepEqual(granted([may('pull')], '*'), [])
      assert.deepEqual(granted([may('pull', 'push', 'delete')], '*'), [])
      assert.deepEqual(granted([may('*')], '*'), [])
      assert.deepEqual(granted([may('pull'), may('push', 'delete')], '*'), [])
      assert.deepEqual(granted([may('pull'), ...TEAM_A], '*'), ['*'])
    })

    it('gives what they may do together', () => {
      assert.deepEqual(granted([may('pull'), may('delete')], 'delete', 'pull', 'push'), [
        'delete',
        'pull',
      ])
    })

    it('gives none the namespace of another', () => {
      const both = [{ namespace: 'team-a', actions: ['pull'] }, { namespace: 'team-b' }]
      const requested = [repository(APP, 'pull', 'push'), repository('team-b/app', 'pull', 'push')]
      assert.deepEqual(grant(OWN_NAMESPACE, both, requested).access, [
        repository(APP, 'pull'),
        repository('team-b/app', 'pull', 'push'),
      ])
    })

    it('widens no rule', () => {
      const policy = namespacePolicy({ public: ['library/**'], shared: [] })
      const requested = [repository('library/app', 'pull', 'push')]
      assert.deepEqual(grant(policy, [may('push')], requested).access, [])
      assert.deepEqual(grant(policy, [may('pull', 'push')], requested).access, [
        repository('library/app', 'pull'),
      ])
    })

    it('gives to several exactly what any one of them is given', () => {
      const action = fc.constantFrom('pull', 'push', 'delete', '*')
      const holder = fc.record(
        {
          namespace: fc.constantFrom('team-a', 'team-b', 'shared'),
          actions: fc.uniqueArray(fc.constantFrom('pull', 'push', 'delete')),
        },
        { requiredKeys: ['namespace'] },
      )
      const resource = fc.record({
        type: fc.constant('repository'),
        name: fc.constantFrom('team-a/x', 'team-b/x', 'shared/x', 'library/x'),
        actions: fc.uniqueArray(action, { minLength: 1 }),
      })
      const policy = namespacePolicy({ public: ['library/**'], shared: ['shared/**'] })
      fc.assert(
        fc.property(fc.array(holder, { minLength: 1 }), resource, (holders, requested) => {
          const of = (some: readonly Holder[]) =>
            grant(policy, some, [requested]).access.flatMap(({ actions }) => actions)
          const each = new Set(holders.flatMap((one) => of([one])))
          assert.deepEqual(new Set(of(holders)), each)
        }),
      )
    })
  })

  it('never grants more than was requested', () => {
    const action = fc.constantFrom<string>('pull', 'push', 'delete', '*')
    const resource = fc.record({
      type: fc.constantFrom('repository', 'registry'),
      name: fc.constantFrom('team-a/x', 'team-b/x', 'team-a', 'catalog'),
      actions: fc.uniqueArray(action, { minLength: 1 }),
    })
    fc.assert(
      fc.property(fc.array(resource), (requested) => {
        const { access } = grant(OWN_NAMESPACE, TEAM_A, requested)
        for (const granted of access) {
          assert.ok(granted.name.startsWith('team-a/'))
          assert.ok(
            requested.some(
              ({ type, name, actions }) =>
                type === granted.type &&
                name === granted.name &&
                granted.actions.every((one) => actions.includes(one)),
            ),
          )
        }
      }),
    )
  })
})
