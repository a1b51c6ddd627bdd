import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { MatchSource } from '../../../../src/policy/compile-rule.ts'
import type { Match } from '../../../../src/policy/compiled-pattern.ts'
import { matchRule, valuesFor } from '../../../../src/policy/match-rule.ts'
import { patternFlaw } from '../../../../src/policy/pattern-flaw.ts'
import type { Labels } from '../../../../src/subject.ts'
import { ruleOf } from '../../../support/rules.ts'

interface Asked {
  readonly account: string
  readonly type: string
  readonly name: string
  readonly service: string
  readonly labels?: Labels
}

const VECTORS = path.resolve(
  import.meta.dirname,
  '../../../../../test/vectors/docker-auth/acl.json',
)

function matches(match: MatchSource, asked: Asked): Match {
  const { account, type, name, service, labels } = asked
  const voice = {
    ...{ account, service, labels, anonymous: false },
    ...{ namespace: '', address: undefined },
  }
  const values = valuesFor(voice, type, name)
  return matchRule(ruleOf(match, ['*'], 'docker_auth'), voice, { type, name }, values)
}

const ask = (name: string, account = 'ci', labels: Labels = {}): Asked => ({
  ...{ account, name, labels, type: 'repository', service: 'registry' },
})

describe('in docker_auth’s dialect', () => {
  it('a rule matches what it matches there', () => {
    const cases = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
      readonly match: MatchSource
      readonly asked: Asked
      readonly matches: boolean
    }[]
    assert.equal(cases.length, 600)
    for (const { match, asked, matches: expected } of cases) {
      assert.equal(matches(match, asked), expected, JSON.stringify({ match, asked }))
    }
  })

  const CASES: readonly (readonly [what: string, MatchSource, Asked, Match])[] = [
    ['no key is anything', {}, ask('a/b'), true],
    ['* stops at a slash', { name: 'a/*' }, ask('a/b/c'), false],
    ['** is no more than *', { name: 'a/**' }, ask('a/b/c'), false],
    ['* goes on until all fits', { name: '*pp' }, ask('xppxpp'), true],
    ['** is *', { name: 'a/**' }, ask('a/b'), true],
    ['? is no slash', { name: 'a?b' }, ask('a/b'), false],
    ['a class', { name: 'team-[ab]/x' }, ask('team-b/x'), true],
    ['a class but', { name: 'team-[^ab]/x' }, ask('team-b/x'), false],
    ['! is no not', { name: 'team-[!c]/x' }, ask('team-b/x'), false],
    ['an escape', { name: 'a\\*/x' }, ask('a*/x'), true],
    ['a malformed glob', { name: 'team-[ab/x' }, ask('team-[ab/x'), false],
    ['case counts', { name: 'A/*' }, ask('a/b'), false],
    ['an expression matches a part', { name: '/eam/' }, ask('team/x'), true],
    ['two slashes are a glob', { name: '//' }, ask('//'), true],
    ['an empty account is nobody', { account: '' }, ask('a', ''), true],
    ['and nobody else', { account: '' }, ask('a', 'ci'), false],
    ['a login', { account: '/.+/' }, ask('a', ''), false],
    ['a placeholder is escaped', { name: '${account}/x' }, ask('anything/x', '*'), false],
    ['a placeholder', { name: '${account}/x' }, ask('*/x', '*'), true],
    ['of nobody it is empty', { name: '${account}x' }, ask('x', ''), true],
    ['in an expression', { name: '/^${account}\\//' }, ask('aab/x', 'a.b'), false],
    ['${namespace} is nothing there', { name: '${namespace}/*' }, ask('/x'), false],
    [
      'a capture',
      { account: '/^(.+)@test.com$/', name: '${account:1}/*' },
      ask('bob/x', 'bob@test.com'),
      true,
    ],
    [
      'a capture, upper case',
      { account: '/^(.+)@test.com$/', name: '${Account:1}/*' },
      ask('bob/x', 'bob@test.com'),
      true,
    ],
    [
      'a capture that is a glob: escaped, other than there',
      { account: '/^(.+)@test.com$/', name: '${account:1}/*' },
      ask('victim/x', '*@test.com'),
      false,
    ],
    [
      'a capture that caught nothing is empty',
      { account: '/^(x)?bob$/', name: 'bob${account:1}' },
      ask('bob', 'bob'),
      true,
    ],
    [
      'a capture behind another placeholder of the same pattern stays unfilled',
      { account: '/^(.+)@(.+)$/', name: '${service}/${account:1}' },
      ask('registry/bob', 'bob@corp'),
      false,
    ],
    [
      'unless another pattern has it',
      { account: '/^(.+)@(.+)$/', name: '${service}/${account:1}', type: '/${account:1}|repo/' },
      ask('registry/bob', 'bob@corp'),
      true,
    ],
    [
      'a capture that only a label has never matches',
      { account: '/^(.+)@corp$/', labels: { team: '${account:1}' } },
      ask('a', 'bob@corp', { team: ['bob'] }),
      false,
    ],
    [
      'a capture of what is no expression',
      { account: 'c*', name: '${account:1}/*' },
      ask('ci/x'),
      false,
    ],
    ['a group out of range', { account: '/^(.+)$/', name: '${account:2}/*' }, ask('ci/x'), false],
    [
      'an expression with placeholders catches as it is written: nothing',
      { account: '/^${type}-(.+)$/', name: '${account:1}/*' },
      ask('ci/x', 'repository-ci'),
      false,
    ],
    ['a label', { labels: { team: 'a*' } }, ask('x', 'ci', { team: ['b', 'ab'] }), true],
    ['a label of none', { labels: { team: '*' } }, ask('x', 'ci', { team: [] }), false],
    ['a label that is not there', { labels: { team: '*' } }, ask('x'), false],
    [
      'every label',
      { labels: { team: 'a', org: 'b' } },
      ask('x', 'ci', { team: ['a'], org: ['a'] }),
      false,
    ],
    ['a label as text', { name: '${labels:t}/x' }, ask('b/x', 'ci', { t: ['a', 'b'] }), true],
    ['a label as a glob', { name: '${labels:t}' }, ask('test/x', 'ci', { t: ['test/*'] }), true],
    [
      'a label as an expression',
      { name: '${labels:t}' },
      ask('test/x', 'ci', { t: ['/^test/'] }),
      true,
    ],
    [
      'a class of characters in a label that only Go has a name for',
      ...([{ name: '/^a/${labels:t}$/' }, ask('a/x', 'ci', { t: ['\\p{Letter}+'] })] as const),
      undefined,
    ],
    ['an empty label', { name: '${labels:t}*' }, ask('x', 'ci', { t: [''] }), true],
    [
      'labels are tried when nothing matches without',
      { name: '/a|${labels:t}/' },
      ask('a', 'ci', {}),
      true,
    ],
    [
      'one label has one value in a pattern',
      { name: '${labels:t}/${labels:t}' },
      ask('a/b', 'ci', { t: ['a', 'b'] }),
      false,
    ],
    [
      'and another one in another pattern',
      { account: '${labels:t}', name: '${labels:t}/x' },
      ask('b/x', 'ci', { t: ['ci', 'b'] }),
      true,
    ],
    [
      'no label stands in a label',
      { labels: { a: '${labels:b}' } },
      ask('x', 'ci', { a: ['1'], b: ['1'] }),
      false,
    ],
  ]
  for (const [what, match, asked, expected] of CASES) {
    it(`${what}: ${JSON.stringify(match)} ${expected === true ? 'matches' : 'does not'}`, () => {
      assert.equal(matches(match, asked), expected)
    })
  }

  it('can’t tell of more combinations of labels than are tried', () => {
    const many = Array.from({ length: 101 }, (_, i) => `t${String(i)}`)
    const asked = ask('t100/x', 'ci', { t: many })
    assert.equal(matches({ name: '${labels:t}/x' }, asked), true)
    assert.equal(matches({ name: '/^${labels:t}\\/x$/' }, asked), undefined)
  })

  it('an expression must be one before its placeholders are filled, and a glob need not', () => {
    assert.match(patternFlaw('/(a/', 'docker_auth') ?? '', /no regular expression/)
    for (const source of ['team-[ab', '${unknown}', 'a**', '\\', '{a}', '/[${account}]/']) {
      assert.equal(patternFlaw(source, 'docker_auth'), undefined, source)
    }
  })
})
