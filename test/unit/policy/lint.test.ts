import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { MatchSource } from '../../../src/policy/compile-rule.ts'
import { explain } from '../../../src/policy/explain.ts'
import { includesPattern } from '../../../src/policy/glob-inclusion.ts'
import { lint } from '../../../src/policy/lint.ts'
import { networkOf } from '../../../src/policy/network.ts'
import { compilePattern } from '../../../src/policy/pattern.ts'
import { createPolicy } from '../../../src/policy/policy.ts'
import { generatedAsker, generatedRequest, generatedRule } from '../../support/generated-policy.ts'
import { compiled } from '../../support/generated-policy.ts'
import { ruleOf } from '../../support/rules.ts'

const kindsOf = (...matches: readonly MatchSource[]) =>
  lint(createPolicy(matches.map((match) => ruleOf(match)))).map(({ rule, kind }) => [
    kind,
    matches.findIndex((match) => JSON.stringify(match) === rule),
  ])

describe('includesPattern', () => {
  const CASES: readonly (readonly [wide: string, narrow: string, boolean])[] = [
    ['**', '/x/', true],
    ['team-a/**', 'team-a/*', true],
    ['team-a/*', 'team-a/**', false],
    ['team-a/*', 'team-a/app', true],
    ['team-a/*', 'team-a/app/x', false],
    ['*/app', 'team-?/app', true],
    ['team-?/app', '*/app', false],
    ['**/app', '*/x/app', true],
    ['*/**', '${namespace}/**', true],
    ['*/x', '${account}/x', false],
    ['${namespace}/**', '${namespace}/a/*', true],
    ['${namespace}/**', 'team-a/**', false],
    ['/^a$/', '/^a$/', true],
    ['/^a/', '/^ab$/', false],
    ['*', '/^a$/', false],
  ]
  for (const [wide, narrow, expected] of CASES) {
    it(`${wide} ${expected ? 'is' : 'is not'} wider than ${narrow}`, () => {
      assert.equal(includesPattern(wide, narrow), expected)
    })
  }

  it('says so only where each text of the one is one of the other', () => {
    const part = fc.constantFrom('a', 'b', '*', '?', 'a*', '**', '${namespace}')
    const glob = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
    const text = fc.array(fc.constantFrom('a', 'b', 'ab', 'n'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(glob, glob, text, (wide, narrow, parts) => {
        fc.pre(includesPattern(wide, narrow))
        const [one, other] = [compilePattern(wide), compilePattern(narrow)]
        const name = parts.join('/')
        const values = { namespace: 'n' }
        assert.ok(other.matches(name, values) !== true || one.matches(name, values) === true)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('lint', () => {
  it('has nothing against a policy that says what it seems to', () => {
    assert.deepEqual(
      kindsOf(
        { name: 'library/**', tags: ['v*'] },
        { name: 'library/**', account: '/^ci-[a-z]+$/' },
        { namespace: '*', name: '${namespace}/**' },
        { name: 'library/**' },
        { labels: { role: 'admin' } },
      ),
      [],
    )
  })

  const UNREACHABLE: readonly (readonly [wide: MatchSource, narrow: MatchSource, boolean])[] = [
    [{ name: 'a/**' }, { name: 'a/b/**', account: 'x' }, true],
    [{ name: 'a/**', account: 'x' }, { name: 'a/b/**' }, false],
    [{ name: 'a/**', namespace: '*' }, { name: 'a/**' }, false],
    [{ name: 'a/**', namespace: '**' }, { name: 'a/**', namespace: 'team-a' }, true],
    [{ name: 'a/**', labels: { r: '**' } }, { name: 'a/**', labels: { r: 'x', s: 'y' } }, true],
    [{ name: 'a/**', labels: { r: 'x' } }, { name: 'a/**' }, false],
    [
      { name: 'a/**', network: networkOf('10.0.0.0', 8) },
      { name: 'a/**', network: networkOf('10.1.0.0', 16) },
      true,
    ],
    [
      { name: 'a/**', network: networkOf('10.1.0.0', 16) },
      { name: 'a/**', network: networkOf('10.0.0.0', 8) },
      false,
    ],
    [{ name: 'a/**', hours: { from: 60 } }, { name: 'a/**' }, false],
    [{ name: 'a/**', hours: { from: 60 } }, { name: 'a/x', hours: { from: 60 } }, true],
    [{ name: 'a/**', tags: ['v*'] }, { name: 'a/**' }, false],
    [{ type: 'repository', name: 'a/**' }, { name: 'a/**' }, false],
    [
      { account: '/^(.*)$/', name: '${account:1}/**' },
      { account: '/^(.*)$/', name: 'a/**' },
      false,
    ],
  ]
  for (const [wide, narrow, expected] of UNREACHABLE) {
    it(`${JSON.stringify(narrow)} behind ${JSON.stringify(wide)}`, () => {
      assert.deepEqual(kindsOf(wide, narrow), expected ? [['unreachable', 1]] : [])
    })
  }

  it('says once of each rule behind one for everything that it never decides', () => {
    assert.deepEqual(kindsOf({ name: 'a/**' }, {}, { name: 'b/*' }, { name: '/x/' }), [
      ['open', 1],
      ['behind-catch-all', 2],
      ['behind-catch-all', 3],
    ])
  })

  it('finds * that misses nested names, unless another rule is for them', () => {
    assert.deepEqual(kindsOf({ name: 'a/*' }), [['misses-nested', 0]])
    assert.deepEqual(kindsOf({ name: 'a/*' }, { name: 'a/**' }), [])
    assert.deepEqual(kindsOf({ name: '*/app' }, { type: 'registry', name: '*' }), [])
  })

  it('finds expressions that match a part', () => {
    for (const source of ['/a/', '/^a/', '/a$/', '/^a\\$/', '/^a|b$/']) {
      assert.deepEqual(kindsOf({ name: source }), [['unanchored', 0]], source)
    }
    for (const source of ['/^a$/', '/^(?:a|b)$/', '/^[a|b]$/', '/^a\\|b\\\\$/', '/.*/', '/.+/']) {
      assert.deepEqual(kindsOf({ name: source }), [], source)
    }
    assert.deepEqual(kindsOf({ name: 'a/**', labels: { r: '/x/' } }), [['unanchored', 0]])
  })

  it('finds a push that can’t be', () => {
    const kinds = (...actions: readonly string[]) =>
      lint(createPolicy([ruleOf({ name: 'a/**' }, actions)])).map(({ kind }) => kind)
    assert.deepEqual(kinds('push'), ['push-without-pull'])
    for (const actions of [['pull', 'push'], ['delete'], ['*'], []]) {
      assert.deepEqual(kinds(...actions), [])
    }
  })

  it('says of no rule that it never decides that ever does', () => {
    const rules = fc.array(generatedRule, { minLength: 2, maxLength: 6 })
    const asker = generatedAsker.filter(
      ({ address, now, tags }) => address !== undefined && now !== undefined && tags !== undefined,
    )
    fc.assert(
      fc.property(rules, asker, generatedRequest, (list, who, requested) => {
        const policy = createPolicy(list.map(compiled(true)))
        const dead = lint(policy)
          .filter(({ kind }) => kind === 'unreachable' || kind === 'behind-catch-all')
          .map(({ rule }) => rule)
        const tags = who.tags === 'any' ? ['v1'] : who.tags
        for (const { holders } of explain(policy, { ...who, tags }, requested).resources) {
          for (const { rule, matches, shadow } of holders.flatMap(({ tried }) => tried)) {
            if (matches === 'yes' && shadow !== true) assert.ok(!dead.includes(rule), rule)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})
