import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { MatchSource } from '../../../src/policy/compile-rule.ts'
import { captureFlaws } from '../../../src/policy/match-flaws.ts'
import { createPolicy } from '../../../src/policy/policy.ts'
import { reachOf } from '../../../src/policy/reach.ts'
import type { Labels } from '../../../src/subject.ts'
import { askerOf } from '../../support/askers.ts'
import { allowed, ruleOf } from '../../support/rules.ts'

const asker = (account: string, labels?: Labels) =>
  askerOf([{ namespace: 'team-a', ...(labels === undefined ? {} : { labels }) }], { account })

describe('a rule', () => {
  const CASES: readonly (readonly [MatchSource, account: string, Labels, name: string, boolean])[] =
    [
      [{ labels: { team: 'a*' } }, 'ci', { team: ['b', 'ab'] }, 'x', true],
      [{ labels: { team: 'a*' } }, 'ci', { team: ['b'] }, 'x', false],
      [{ labels: { team: '*' } }, 'ci', { team: [] }, 'x', false],
      [{ labels: { team: '**' } }, 'ci', {}, 'x', false],
      [{ labels: { constructor: '**' } }, 'ci', {}, 'x', false],
      [{ labels: { team: 'a', org: 'b' } }, 'ci', { team: ['a'], org: ['b'] }, 'x', true],
      [{ labels: { team: 'a', org: 'b' } }, 'ci', { team: ['a'], org: ['c'] }, 'x', false],
      [{ labels: { owner: '${account}' } }, 'ci', { owner: ['ci'] }, 'x', true],
      [{ labels: { repo: '${name}' } }, 'ci', { repo: ['a/b'] }, 'a/b', true],
      [{ labels: { repo: '${name}' } }, 'ci', { repo: ['a/b'] }, 'a/c', false],
      [{ name: '${labels:team}/**' }, 'ci', { team: ['a', 'b'] }, 'b/x/y', true],
      [{ name: '${labels:team}/**' }, 'ci', { team: ['a', 'b'] }, 'c/x', false],
      [{ name: '${labels:team}/**' }, 'ci', {}, 'a/x', false],
      [{ name: '${labels:t}/${labels:t}' }, 'ci', { t: ['a', 'b'] }, 'a/b', false],
      [{ name: '${labels:t}/${labels:t}' }, 'ci', { t: ['a', 'b'] }, 'b/b', true],
      [{ name: '${labels:t}/${labels:o}' }, 'ci', { t: ['a', 'b'], o: ['c', 'd'] }, 'b/d', true],
      [{ name: '/^${labels:t}\\//' }, 'ci', { t: ['a', 'a.b'] }, 'a.b/x', true],
      [{ name: '/^${labels:t}\\//' }, 'ci', { t: ['a.b'] }, 'axb/x', false],
      // Other than in docker_auth a label is text, and nothing where it is empty.
      [{ name: '${labels:t}' }, 'ci', { t: ['test/*'] }, 'test/x', false],
      [{ name: '${labels:t}/**' }, 'ci', { t: ['**'] }, 'test/x', false],
      [{ name: '/^${labels:t}/' }, 'ci', { t: ['.*'] }, 'test/x', false],
      [{ name: '${labels:t}**' }, 'ci', { t: [''] }, 'test/x', false],
      [{ name: '/a|${labels:t}/' }, 'ci', {}, 'a', false],

      [{ account: '/^(.+)@corp$/', name: '${account:1}/**' }, 'bob@corp', {}, 'bob/x/y', true],
      [{ account: '/^(.+)@corp$/', name: '${account:1}/**' }, 'bob@corp', {}, 'eve/x', false],
      [{ account: '/^(.+)@corp$/', name: '${account:1}/*' }, '*@corp', {}, 'victim/x', false],
      [{ account: '/^(.+)@corp$/', name: '/^${account:1}\\//' }, '.*@corp', {}, 'victim/x', false],
      [{ account: '/^(x)?bob$/', name: '${account:1}**' }, 'bob', {}, 'a', false],
      [{ name: '/^([a-z]+)\\//', account: '${name:1}' }, 'ci', {}, 'ci/x', true],
      [{ name: '/^([a-z]+)\\//', account: '${name:1}' }, 'ci', {}, 'xx/x', false],
      [{ namespace: '/^team-(.+)$/', name: '${namespace:1}/**' }, 'ci', {}, 'a/x', true],
      // More than docker_auth does.
      [
        { account: '/^(.+)@(.+)$/', name: '${account:2}/${account:1}' },
        ...(['bob@corp', {}, 'corp/bob', true] as const),
      ],
      [
        { account: '/^(.+)@corp$/', name: '${namespace}/${account:1}' },
        ...(['bob@corp', {}, 'team-a/bob', true] as const),
      ],
      [
        { account: '/^${namespace}-(.+)$/', name: '${account:1}/x' },
        ...(['team-a-bob', {}, 'bob/x', true] as const),
      ],
      [
        { account: '/^(.+)@corp$/', labels: { me: '${account:1}' } },
        ...(['bob@corp', { me: ['bob'] }, 'x', true] as const),
      ],
    ]
  for (const [match, account, labels, name, matches] of CASES) {
    const asked = JSON.stringify([account, labels, name])
    it(`${JSON.stringify(match)} ${matches ? 'matches' : 'does not match'} ${asked}`, () => {
      const who = asker(account, labels)
      assert.equal(allowed([ruleOf(match)], who, name), matches ? 'pull' : '')
      const deny = [ruleOf(match, []), ruleOf({}, ['*'])]
      assert.equal(allowed(deny, who, name), matches ? '' : 'pull,push')
    })
  }

  it('of more combinations than are tried neither allows nor is passed over', () => {
    const values = (most: number) => Array.from({ length: most }, (_, i) => `v${String(i)}`)
    const match = { name: '${labels:a}-${labels:b}/**' }
    const few = asker('ci', { a: values(25), b: values(40) })
    const many = asker('ci', { a: values(26), b: values(40) })
    assert.equal(allowed([ruleOf(match)], few, 'v24-v39/x'), 'pull')
    assert.equal(allowed([ruleOf(match)], many, 'v24-v39/x'), '')
    assert.equal(allowed([ruleOf(match, []), ruleOf({}, ['*'])], few, 'other/x'), 'pull,push')
    assert.equal(allowed([ruleOf(match, []), ruleOf({}, ['*'])], many, 'other/x'), '')
    const expression = { name: '/^${labels:a}\\//' }
    assert.equal(allowed([ruleOf(expression)], asker('ci', { a: values(100) }), 'v99/x'), 'pull')
    assert.equal(allowed([ruleOf(expression)], asker('ci', { a: values(101) }), 'v99/x'), '')
  })

  it('is judged with the labels of one holder at a time', () => {
    const both = askerOf([
      { namespace: 'n', labels: { a: ['1'] } },
      { namespace: 'n', labels: { b: ['1'] } },
    ])
    assert.equal(allowed([ruleOf({ labels: { a: '1' } })], both, 'x'), 'pull')
    assert.equal(allowed([ruleOf({ labels: { a: '1', b: '1' } })], both, 'x'), '')
  })

  it('reaches all that it lets pull', () => {
    const rules = [
      { name: '${labels:team}/**' },
      { account: '/^(.+)@corp$/', name: 'users/${account:1}/**' },
      { account: '${name:1}', name: '/^([a-z]+)\\//' },
      { name: '${name}', labels: { repo: '${name}' } },
      { name: 'own/${name}' },
    ]
    const person = fc.record({
      account: fc.constantFrom('bob@corp', 'a', 'users'),
      labels: fc.constantFrom({}, { team: ['a', 'b'] }, { repo: ['a/x'], team: ['users'] }),
    })
    const name = fc.constantFrom('a/x', 'b/x', 'users/bob/x', 'users/x', 'x')
    fc.assert(
      fc.property(fc.subarray(rules), person, name, (some, { account, labels }, asked) => {
        const compiled = some.map((match) => ruleOf(match))
        const who = asker(account, labels)
        if (allowed(compiled, who, asked) === '') return
        const reach = reachOf(createPolicy(compiled), who)
        assert.ok(reach.some((prefix) => asked.startsWith(prefix)))
      }),
    )
  })

  it('tells which labels it asks for', () => {
    const rules = [ruleOf({ labels: { team: '*' } }), ruleOf({ name: '${labels:org}/${labels:a}' })]
    assert.deepEqual(createPolicy(rules).labels, ['a', 'org', 'team'])
  })
})

describe('captureFlaws', () => {
  const FLAWS: readonly (readonly [MatchSource, path: string, RegExp])[] = [
    [{ name: '${account:1}/*' }, 'name', /and account here is no regular expression with groups/],
    [{ account: 'c*', name: '${account:1}/*' }, 'name', /no regular expression with groups/],
    [{ account: '/^c/', name: '${account:1}/*' }, 'name', /and account has no group$/],
    [{ account: '/(c)/', name: '${account:2}/*' }, 'name', /and account has one group$/],
    [{ account: '/(c)(d)/', labels: { t: '${account:3}' } }, 'labels.t', /has 2 groups$/],
    [{ labels: { t: '${labels:u}' } }, 'labels.t', /stands for nothing in the pattern of a label/],
    [{ account: '/^${labels:t}(.)/', name: '${account:1}' }, 'name', /is not clear/],
    [{ account: '/(.)${name:1}/', name: '/(.)${account:1}/' }, 'account', /is not clear/],
    [{ account: '/(.)${account:1}/' }, 'account', /is not clear/],
  ]
  for (const [match, at, message] of FLAWS) {
    it(`has something against ${JSON.stringify(match)}`, () => {
      const [flaw] = captureFlaws(match)
      assert.equal(flaw?.path.join('.'), at)
      assert.match(flaw.message, message)
    })
  }

  it('leaves to others what is wrong with one pattern', () => {
    assert.deepEqual(captureFlaws({ account: '/(/', name: '${account:1}' }), [])
    assert.deepEqual(captureFlaws({ account: '/(.)/', name: '${account:1}' }), [])
  })
})
