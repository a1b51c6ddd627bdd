import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { patternFlaw } from '../../../src/policy/pattern-flaw.ts'
import { compilePattern } from '../../../src/policy/pattern.ts'
import { isRegex } from '../../../src/policy/regex.ts'

const CASES: readonly (readonly [
  pattern: string,
  text: string,
  namespace: string | undefined,
  matches: boolean,
])[] = [
  ['${namespace}/**', 'team-a/app', 'team-a', true],
  ['${namespace}/**', 'team-a/app/nested', 'team-a', true],
  ['${namespace}/**', 'team-a', 'team-a', false],
  ['${namespace}/**', 'team-a-evil/app', 'team-a', false],
  ['${namespace}/**', 'team/app', 'team-a', false],
  ['${namespace}/**', 'x/team-a/app', 'team-a', false],
  ['${namespace}/**', 'TEAM-A/app', 'team-a', false],
  ['${namespace}/**', '/app', undefined, false],
  ['${namespace}/**', '*/app', '*', true],
  ['${namespace}/**', 'anything/app', '*', false],
  ['shared/*', 'shared/base', undefined, true],
  ['shared/*', 'shared/base/nested', undefined, false],
  ['shared/**/v?', 'shared/a/b/v1', undefined, true],
  ['shared/**/v?', 'shared/a/b/v/', undefined, false],
  ['*', '', undefined, true],
  ['', '', undefined, true],
  ['', 'a', undefined, false],
  ['a$b', 'a$b', undefined, true],
  ['a.b', 'axb', undefined, false],
]

/** Whether a glob matches, read straight off its definition, one character after the other. */
function oracle(glob: string, text: string): boolean {
  if (glob === '') return text === ''
  const isCharacter = text !== '' && !text.startsWith('/')
  if (glob.startsWith('**')) {
    return oracle(glob.slice(2), text) || (text !== '' && oracle(glob, text.slice(1)))
  }
  if (glob.startsWith('*')) {
    return oracle(glob.slice(1), text) || (isCharacter && oracle(glob, text.slice(1)))
  }
  const fits = glob.startsWith('?') ? isCharacter : text !== '' && glob[0] === text[0]
  return fits && oracle(glob.slice(1), text.slice(1))
}

describe('pattern', () => {
  for (const [pattern, text, namespace, matches] of CASES) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${text} (${String(namespace)})`, () => {
      assert.equal(compilePattern(pattern).matches(text, { namespace }), matches)
    })
  }

  it('without special characters matches itself and nothing else', () => {
    const plain = fc.stringMatching(/^[a-z0-9/._-]{0,20}$/)
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        assert.equal(compilePattern(a).matches(b, {}), a === b)
      }),
    )
  })

  it('never lets one namespace reach another, whatever the names', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
    const own = compilePattern('${namespace}/**')
    fc.assert(
      fc.property(label, fc.array(label, { minLength: 1, maxLength: 4 }), (namespace, parts) => {
        const name = parts.join('/')
        assert.equal(own.matches(name, { namespace }), parts.length > 1 && parts[0] === namespace)
      }),
    )
  })

  it('takes time in proportion to pattern and name, not to their combinations', () => {
    const pattern = compilePattern(`${'**a'.repeat(200)}b`)
    assert.equal(pattern.matches('a'.repeat(255), {}), false)
  })

  it('matches what its definition says, wildcard by wildcard', () => {
    const some = fc.array(fc.constantFrom('a', 'b', '/', '*', '?', '**/', '/**'), { maxLength: 7 })
    const glob = some.map((parts) => parts.join(''))
    const text = fc
      .array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(glob, text, (pattern, name) => {
        if (isRegex(pattern)) return
        const compiled = compilePattern(pattern)
        assert.equal(compiled.matches(name, {}), oracle(pattern.replaceAll('***', '**'), name))
        if (!compiled.matches(name, {})) return
        assert.ok(name.startsWith(compiled.prefix({}) ?? '-') && name.startsWith(compiled.start))
        assert.ok(compiled.plain === undefined || compiled.plain === name)
      }),
      { numRuns: 2_000 },
    )
  })

  describe('with placeholders', () => {
    const ODD = ['*', '**', '?', '.*', 'a|b', '(a)', 'a-z', '\\Ea', '${namespace}', '$1', '^', 'x]']

    it('takes what stands for them literally', () => {
      for (const account of ODD) {
        for (const source of ['u/${account}/x', '/^u/${account}/x$/', '/^u/(${account})+/x$/']) {
          const pattern = compilePattern(source)
          assert.ok(pattern.matches(`u/${account}/x`, { account }), `${source} ${account}`)
          for (const other of ['u/a/x', 'u/b/x', 'u//x', 'u/victim/x', 'u/team-a/x']) {
            assert.ok(!pattern.matches(other, { account, namespace: 'team-a' }), source + account)
          }
        }
      }
    })

    it('matches nothing without a value', () => {
      for (const source of ['${account}/**', '**${account}', '*${account}*', '/${account}/']) {
        assert.equal(compilePattern(source).matches('/x', { namespace: 'n' }), false, source)
      }
      assert.equal(compilePattern('${account}/**').prefix({}), undefined)
    })

    it('knows the account from the namespace', () => {
      const pattern = compilePattern('${namespace}/${account}/*')
      const values = { account: 'ci', namespace: 'team-a' }
      assert.ok(pattern.matches('team-a/ci/app', values))
      assert.ok(!pattern.matches('ci/team-a/app', values))
      assert.equal(pattern.prefix(values), 'team-a/ci/')
    })

    it('keeps expressions apart by their values', () => {
      const pattern = compilePattern('/^${namespace}\\//')
      for (const namespace of ['a', 'b', 'a']) {
        assert.equal(pattern.matches('a/x', { namespace }), namespace === 'a')
      }
    })
  })

  describe('between slashes', () => {
    const CASES_OF_REGEX: readonly (readonly [string, string, boolean])[] = [
      ['/am-/', 'team-a', true],
      ['/^am-/', 'team-a', false],
      ['/^team-[ab]$/', 'team-b', true],
      ['/^team-[ab]$/', 'team-bc', false],
      ['/.+/', '', false],
      ['/(?i)^TEAM/', 'team-a', true],
      ['/^[[:alpha:]]+\\z/', 'team', true],
      ['//', '//', true],
      ['/', '/', true],
    ]
    for (const [source, text, matches] of CASES_OF_REGEX) {
      it(`${source} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
        assert.equal(compilePattern(source).matches(text, {}), matches)
      })
    }

    it('takes linear time where others take for ever', () => {
      assert.equal(compilePattern('/^(a+)+$/').matches(`${'a'.repeat(255)}b`, {}), false)
    })
  })
})

describe('patternFlaw', () => {
  const FLAWS: readonly (readonly [string, RegExp])[] = [
    ['${naemspace}/**', /unknown placeholder \$\{naemspace\}; did you mean \$\{namespace\}\?/],
    ['${team}/**', /unknown placeholder .*; known here: \$\{account\}, \$\{namespace\}, .*labels/],
    ['${labels:}/**', /unknown placeholder/],
    ['${account:0}/**', /unknown placeholder .*; did you mean \$\{account:1\}\?/],
    ['${label:team}/**', /unknown placeholder/],
    ['/[${labels:team}]/', /has \$\{labels:team\} inside/],
    ['${account', /has a \{/],
    ['team-[ab]/**', /has a \[, which means nothing in a glob; .*\/\^team-\[ab\]\$\//],
    ['a\\*', /has a \\,/],
    ['{a,b}/**', /has a \{/],
    ['team-**', /must have \*\* alone between slashes/],
    ['***/x', /must have \*\* alone/],
    ['a'.repeat(513), /longer than 512 characters/],
    ['a*'.repeat(33), /more than 32 wildcards/],
    ['/(a/', /no regular expression of RE2: missing closing \)/],
    ['/(?=a)b/', /no regular expression of RE2/],
    ['/a{1001}/', /no regular expression of RE2/],
    ['/(.{100}){30}/', /no regular expression of RE2|too large/],
    ['/(a{999}b{999}c{999})/', /too large an expression/],
    ['/[${account}]/', /has \$\{account\} inside/],
    ['/[^x${account}]+/', /has \$\{account\} inside/],
    ['/\\${account}/', /no regular expression of RE2/],
    ['/\\Q${namespace}\\E/', /has \$\{namespace\} inside/],
    ['/(?P<${account}>a)/', /no regular expression/],
  ]
  for (const [source, flaw] of FLAWS) {
    it(`has something against ${source.slice(0, 40)}`, () => {
      assert.match(patternFlaw(source) ?? '', flaw)
    })
  }

  it('has nothing against what is meant', () => {
    for (const source of [
      ...['', '*', '**', '?*', 'library/**', '${namespace}/**', 'a/${account}-${namespace}/*'],
      ...['${labels:team}/**', '${account:1}/*', '${type}/${name}/${service}', '/^${labels:a b}$/'],
      ...['/.+/', '/^${account}\\//', '/(${namespace}|x)+/', '//', 'a$b', 'team a', 'a@b.c'],
    ]) {
      assert.equal(patternFlaw(source), undefined, source)
    }
  })

  it('throws away nothing that could not be compiled', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a(){}[\]*+?|\\/$^.-]{0,12}$/), (source) => {
        if (patternFlaw(source) === undefined) compilePattern(source).matches('aa/a', {})
      }),
      { numRuns: 2_000 },
    )
  })
})
