import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compilePattern } from '../../../src/policy/pattern.ts'

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
})
