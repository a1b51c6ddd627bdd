import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { grant } from '../../../src/policy/grant.ts'
import { namespacePolicy, type Policy } from '../../../src/policy/policy.ts'
import { reachOf as reachOfAsker } from '../../../src/policy/reach.ts'
import { askerOf } from '../../support/askers.ts'

const reachOf = (policy: Policy, namespaces: readonly string[]) =>
  reachOfAsker(policy, askerOf(namespaces.map((namespace) => ({ namespace }))))

const policy = namespacePolicy({
  public: ['library/**', 'team-a/public/*'],
  shared: ['shared/x', 'tools/?/**'],
  administrators: ['platform'],
})

describe('reachOf', () => {
  it('is where the rules that let somebody pull begin', () => {
    assert.deepEqual(reachOf(policy, []), ['library/', 'team-a/public/'])
    assert.deepEqual(reachOf(policy, ['team-a']), ['library/', 'shared/x', 'team-a/', 'tools/'])
    assert.deepEqual(reachOf(policy, ['b', 'a']), [
      ...['a/', 'b/', 'library/', 'shared/x', 'team-a/public/', 'tools/'],
    ])
  })

  it('is not longer for an administrator, who may pull no more', () => {
    assert.deepEqual(reachOf(policy, ['platform']), [
      ...['library/', 'platform/', 'shared/x', 'team-a/public/', 'tools/'],
    ])
  })

  it('is everything for a pattern that begins with a wildcard', () => {
    for (const pattern of ['**', '*/base/**']) {
      assert.deepEqual(reachOf(namespacePolicy({ public: [pattern], shared: [] }), ['x']), [''])
    }
  })

  it('is empty where nothing can be pulled', () => {
    assert.deepEqual(reachOf(namespacePolicy({ public: [], shared: ['a/**'] }), []), [])
  })

  it('leaves out nothing that is granted', () => {
    const part = fc.constantFrom('a', 'b', 'team-a', '*', '?', '**', 'x*')
    const pattern = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    const name = fc
      .array(fc.constantFrom('a', 'b', 'team-a', 'xy', 'team-b'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
    const patterns = fc.array(pattern, { maxLength: 3 })
    const who = fc.subarray(['a', 'team-a'])
    fc.assert(
      fc.property(patterns, patterns, who, name, (everyone, shared, namespaces, repository) => {
        const some = namespacePolicy({ public: everyone, shared })
        const asked = [{ type: 'repository', name: repository, actions: ['pull'] }]
        const holders = namespaces.map((namespace) => ({ namespace }))
        if (grant(some, askerOf(holders), asked).access.length === 0) return
        assert.ok(reachOf(some, namespaces).some((prefix) => repository.startsWith(prefix)))
      }),
    )
  })
})
