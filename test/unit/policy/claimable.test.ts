import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimableRules, claimableServiceAccounts } from '../../../src/policy/claimable.ts'
import type { MatchSource } from '../../../src/policy/compile-rule.ts'
import { createPolicy, namespacePolicy } from '../../../src/policy/policy.ts'
import { ruleOf } from '../../support/rules.ts'

const CLAIMABLE: readonly MatchSource[] = [
  { account: 'ci', name: 'library/**' },
  { account: '/^[a-z]+$/', name: 'library/**' },
  { account: '/^ci-/', name: 'library/**' },
  { account: 'c*' },
  { account: 'ci', namespace: '*', name: 'library/**' },
  ...['/.*/', '/^.+$/', '/^[a-z0-9-]+$/', '**', '?*'].map((namespace) => ({
    ...{ account: 'ci', namespace, name: 'library/**' },
  })),
  { account: '/^ci$/', namespace: '/./', name: 'library/**' },
  { name: 'users/${account}/**' },
  { account: '/^([a-z]+)@x$/', name: 'users/${account:1}/**' },
]

const BOUND: readonly MatchSource[] = [
  { account: 'ci', namespace: 'platform', name: 'library/**' },
  { account: 'ci', labels: { role: 'x' }, name: 'library/**' },
  { account: 'ci', name: '${namespace}/**' },
  { account: 'ci', namespace: '/^team-/', name: 'library/**' },
  { account: '?*', name: 'library/**' },
  ...['/.*/', '/^.+$/'].map((account) => ({ account, name: 'library/**' })),
  { account: '*' },
  { account: 'ci', serviceaccount: 'builder', name: 'library/**' },
  { account: '', name: 'library/**' },
  { account: 'github:acme/*', name: 'library/**' },
  { namespace: '*', name: '${namespace}/${account}/**' },
  { name: 'library/**' },
]

describe('claimableRules', () => {
  for (const match of CLAIMABLE) {
    it(`has ${JSON.stringify(match)}`, () => {
      assert.equal(claimableRules(createPolicy([ruleOf(match)])).length, 1)
    })
  }

  for (const match of BOUND) {
    it(`has not ${JSON.stringify(match)}`, () => {
      assert.deepEqual(claimableRules(createPolicy([ruleOf(match)])), [])
    })
  }

  it('has none that gives nothing', () => {
    const match = { account: 'ci' }
    assert.deepEqual(claimableRules(createPolicy([ruleOf(match, [])])), [])
    assert.deepEqual(claimableRules(createPolicy([{ ...ruleOf(match), shadow: true }])), [])
  })

  it('has none of the policy without a file', () => {
    const policy = namespacePolicy({ public: ['**'], shared: ['**'], administrators: ['a'] })
    assert.deepEqual(claimableRules(policy), [])
  })
})

describe('claimableServiceAccounts', () => {
  const TABLE: readonly (readonly [match: MatchSource, isClaimable: boolean])[] = [
    [{ serviceaccount: 'builder', name: 'library/**' }, true],
    [{ serviceaccount: 'builder', namespace: '*', name: 'library/**' }, true],
    [{ serviceaccount: '/^ci-/', labels: { role: 'x' } }, true],
    [{ serviceaccount: 'builder', namespace: 'team-a', name: 'library/**' }, false],
    [{ serviceaccount: 'builder', name: '${namespace}/**' }, false],
    [{ serviceaccount: 'builder', account: 'system:serviceaccount:team-a:*' }, false],
    [{ serviceaccount: 'builder', account: 'system:serviceaccount:*:builder' }, true],
    [{ account: 'system:serviceaccount:*:builder', name: 'library/**' }, true],
    [{ account: 'system:serviceaccount:team-*:builder', name: 'library/**' }, true],
    [{ account: 'system:serviceaccount:*', name: 'library/**' }, false],
    [{ account: 'system:serviceaccount:team-a:*', name: 'library/**' }, false],
    [{ account: 'system:serviceaccount:*:builder', name: '${namespace}/**' }, false],
    [{ serviceaccount: '*', name: 'library/**' }, false],
    [{ name: 'library/**' }, false],
  ]
  for (const [match, isClaimable] of TABLE) {
    it(`${isClaimable ? 'has' : 'has not'} ${JSON.stringify(match)}`, () => {
      const found = claimableServiceAccounts(createPolicy([ruleOf(match)]))
      assert.equal(found.length, isClaimable ? 1 : 0)
    })
  }

  it('has none that gives nothing', () => {
    const rule = ruleOf({ serviceaccount: 'builder' }, [])
    assert.deepEqual(claimableServiceAccounts(createPolicy([rule])), [])
  })
})
