import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MatchSource } from '../../../src/policy/compile-rule.ts'
import { askerOf } from '../../support/askers.ts'
import { allowed, ruleOf } from '../../support/rules.ts'

describe('whoever is somebody without a namespace', () => {
  const RULES: readonly (readonly [MatchSource, boolean])[] = [
    [{}, true],
    [{ account: 'someone' }, true],
    [{ namespace: '**' }, false],
    [{ name: '${namespace}/**' }, false],
    [{ name: '${account}/**' }, false],
  ]
  for (const [match, isAllowed] of RULES) {
    it(`${isAllowed ? 'is' : 'is not'} what ${JSON.stringify(match)} is about`, () => {
      // Not for nobody, and so for whoever is somebody.
      const rule = { ...ruleOf(match), anonymous: false }
      assert.equal(allowed([rule], askerOf([{}]), 'x/y') !== '', isAllowed)
      assert.equal(allowed([rule], askerOf([]), 'x/y'), '')
    })
  }

  it('is not given what nobody is, nor is nobody given its labels', () => {
    const rule = ruleOf({ labels: { who: 'visitor' } })
    const visitor = { nobody: { who: ['visitor'] } }
    assert.equal(allowed([rule], askerOf([], visitor), 'x/y'), 'pull')
    assert.equal(allowed([rule], askerOf([{}], visitor), 'x/y'), '')
    assert.equal(allowed([rule], askerOf([{ labels: { who: ['visitor'] } }]), 'x/y'), 'pull')
  })
})
