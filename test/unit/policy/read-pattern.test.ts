import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPatternFlaw } from '../../../src/policy/read-pattern.ts'

const GOOD = [
  ...['library/**', 'library/*', 'library', 'team-a/base/**', 'team-a/base', '*/public/**'],
  ...['**/latest', 'team-*/base', 'a/?/b', 'a__b/c-d.e/**', 'a/b*c'],
  // In so many words.
  '**',
]

const BAD: readonly (readonly [pattern: string, flaw: RegExp])[] = [
  ['*', /one part without wildcards/],
  ['*/**', /one part without wildcards/],
  ['**/*', /one part without wildcards/],
  ['**/**', /one part without wildcards/],
  ['?*/**', /one part without wildcards/],
  ['team-*/**', /one part without wildcards/],
  ['***', /\*\* alone between slashes/],
  ['a/***', /\*\* alone between slashes/],
  ['library**', /\*\* alone between slashes/],
  ['a/b**/c', /\*\* alone between slashes/],
  ['', /pattern of repository names/],
  ['${namespace}/**', /pattern of repository names/],
  ['Library/**', /pattern of repository names/],
  ['localhost:5000/a/**', /pattern of repository names/],
  ['a/../b', /no part of a name/],
  ['/a/**', /no part of a name/],
  ['a/**/', /no part of a name/],
  ['a//b', /no part of a name/],
  ['-a/**', /no part of a name/],
  ['a b/**', /pattern of repository names/],
  [`${'a'.repeat(253)}/**`, /longer than 255/],
]

describe('readPatternFlaw', () => {
  for (const pattern of GOOD) {
    it(`finds none in ${pattern}`, () => {
      assert.equal(readPatternFlaw(pattern), undefined)
    })
  }

  for (const [pattern, flaw] of BAD) {
    it(`finds one in ${JSON.stringify(pattern.slice(0, 40))}`, () => {
      assert.match(readPatternFlaw(pattern) ?? 'none', flaw)
    })
  }
})
