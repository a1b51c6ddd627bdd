import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { grant } from '../../../src/policy/grant.ts'
import { compilePattern } from '../../../src/policy/pattern.ts'
import { OWN_NAMESPACE, type Policy } from '../../../src/policy/policy.ts'

const repository = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })

describe('grant', () => {
  it('gives a namespace every action below its own name', () => {
    const requested = [repository('team-a/app', 'delete', 'pull', 'push')]
    assert.deepEqual(grant(OWN_NAMESPACE, ['team-a'], requested), {
      access: requested,
      rules: ['own-namespace'],
    })
  })

  it('leaves out what is not allowed and keeps the rest', () => {
    const own = repository('team-a/app', 'pull')
    const requested = [own, repository('team-b/app', 'pull'), repository('team-a', 'pull')]
    assert.deepEqual(grant(OWN_NAMESPACE, ['team-a'], requested).access, [own])
  })

  it('grants nothing to no namespace', () => {
    assert.deepEqual(grant(OWN_NAMESPACE, [], [repository('team-a/app', 'pull')]).access, [])
  })

  it('judges a subject of several namespaces by all of them', () => {
    const requested = [repository('team-a/app', 'pull'), repository('team-b/app', 'pull')]
    assert.deepEqual(grant(OWN_NAMESPACE, ['team-a', 'team-b'], requested).access, requested)
  })

  it('does not take the catalog for a repository', () => {
    const catalog = { type: 'registry', name: 'team-a/catalog', actions: ['*'] }
    assert.deepEqual(grant(OWN_NAMESPACE, ['team-a'], [catalog]).access, [])
  })

  for (const name of ['team-a/../team-b/x', 'team-a/', 'team-a//x', 'team-a/X', 'team-a/x%2fy']) {
    it(`never grants the malformed name ${name}`, () => {
      assert.deepEqual(grant(OWN_NAMESPACE, ['team-a'], [repository(name, 'pull')]).access, [])
    })
  }

  it('lets the first matching rule decide, also when it allows less', () => {
    const rule = (id: string, name: string, ...actions: string[]) => ({
      id,
      type: compilePattern('repository'),
      name: compilePattern(name),
      actions,
    })
    const policy: Policy = {
      rules: [rule('frozen', 'team-a/old', 'pull'), rule('all', '${namespace}/**', '*')],
    }
    const requested = [repository('team-a/old', 'pull', 'push'), repository('team-a/new', 'push')]
    assert.deepEqual(grant(policy, ['team-a'], requested), {
      access: [repository('team-a/old', 'pull'), repository('team-a/new', 'push')],
      rules: ['frozen', 'all'],
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
        const { access } = grant(OWN_NAMESPACE, ['team-a'], requested)
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
