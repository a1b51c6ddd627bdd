import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { explain } from '../../../src/policy/explain.ts'
import { grant } from '../../../src/policy/grant.ts'
import { createPolicy } from '../../../src/policy/policy.ts'
import { verdictOf } from '../../../src/policy/verdict.ts'
import { voicesOf } from '../../../src/policy/voices.ts'
import { covers } from '../../../src/registry/access.ts'
import { isRepositoryName } from '../../../src/registry/repository-name.ts'
import {
  compiled,
  generatedAsker,
  generatedPolicy,
  generatedRequest,
  generatedRule,
} from '../../support/generated-policy.ts'

const RUNS = { numRuns: 500 }

describe('explain', () => {
  const decided = fc.tuple(generatedPolicy, generatedAsker, generatedRequest)

  it('comes to what is decided, action by action', () => {
    fc.assert(
      fc.property(decided, ([policy, asker, requested]) => {
        const { access, reason } = grant(policy, asker, requested)
        const { granted, resources } = explain(policy, asker, requested)
        assert.deepEqual(granted, access)
        for (const [at, { type, name, actions }] of resources.entries()) {
          assert.deepEqual(
            actions.map(({ action }) => action),
            requested[at]?.actions,
          )
          for (const { action, allowed } of actions) {
            assert.equal(covers(access, [{ type, name, actions: [action] }]), allowed)
          }
        }
        const told = resources.flatMap(({ actions }) => actions.flatMap((one) => one.reason ?? []))
        assert.equal(told[0], reason)
      }),
      RUNS,
    )
  })

  it('says of each rule what the decision found, also of those that no index finds', () => {
    fc.assert(
      fc.property(decided, ([policy, asker, requested]) => {
        const voices = voicesOf(policy, asker)
        for (const { holders, ...resource } of explain(policy, asker, requested).resources) {
          for (const [at, { voice }] of voices.entries()) {
            const { tried } = verdictOf(policy, voice, resource)
            const told = holders[at]?.tried ?? []
            assert.deepEqual(
              told.flatMap(({ rule, matches, shadow }) =>
                matches === 'no' || shadow === true ? [] : [[rule, matches]],
              ),
              tried.map(({ rule, matches }) => [
                rule.id,
                matches === true ? 'yes' : (matches ?? 'unknown'),
              ]),
            )
            assert.deepEqual(
              told.map(({ rule }) => rule),
              policy.rules.slice(0, told.length).map(({ id }) => id),
            )
          }
        }
      }),
      RUNS,
    )
  })

  it('says why of each rule that does not match for sure, and of no other', () => {
    fc.assert(
      fc.property(decided, ([policy, asker, requested]) => {
        for (const { holders } of explain(policy, asker, requested).resources) {
          for (const { matches, unmet } of holders.flatMap(({ tried }) => tried)) {
            assert.equal(unmet.length > 0, matches !== 'yes')
            if (matches === 'no') assert.ok(unmet.some(({ told }) => told))
            if (matches === 'unknown') assert.ok(unmet.every(({ told }) => !told))
            for (const { text } of unmet) assert.doesNotMatch(text, /undefined|^$/)
          }
        }
      }),
      RUNS,
    )
  })

  it('names a rule that says so for what a rule decides', () => {
    fc.assert(
      fc.property(decided, ([policy, asker, requested]) => {
        const rules = new Map([...policy.rules, ...policy.shadows].map((rule) => [rule.id, rule]))
        for (const { type, name, actions } of explain(policy, asker, requested).resources) {
          const isName = type !== 'repository' || isRepositoryName(name)
          for (const { action, allowed, because, rule } of actions) {
            assert.equal(because === 'name', !isName)
            const list = rules.get(rule ?? '')?.actions ?? []
            const permits = list[0] === '*' || list.includes(action)
            if (because === 'rule') assert.equal(permits, allowed)
            assert.equal(rule === undefined, ['no rule', 'credential', 'name'].includes(because))
          }
        }
      }),
      RUNS,
    )
  })
})

describe('a policy', () => {
  it('grants nothing that was not asked for', () => {
    fc.assert(
      fc.property(generatedPolicy, generatedAsker, generatedRequest, (policy, asker, requested) => {
        assert.ok(covers(requested, grant(policy, asker, requested).access))
      }),
      RUNS,
    )
  })

  it('grants no more with a rule before it that denies', () => {
    const rules = fc.array(generatedRule, { maxLength: 5 })
    fc.assert(
      fc.property(
        ...[rules, generatedRule, fc.boolean(), generatedAsker, generatedRequest],
        (list, first, anonymous, asker, requested) => {
          const all = list.map(compiled(anonymous))
          const deny = compiled(anonymous)({ ...first, actions: [], shadow: false }, 97)
          const before = grant(createPolicy(all), asker, requested).access
          const after = grant(createPolicy([deny, ...all]), asker, requested).access
          assert.ok(covers(before, after))
        },
      ),
      RUNS,
    )
  })
})
