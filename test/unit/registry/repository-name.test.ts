import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isRepositoryName } from '../../../src/registry/repository-name.ts'

const NAMES = [
  'a',
  '0',
  'team-a/app',
  'a/b/c/d',
  'a.b',
  'a_b',
  'a__b',
  'a--b',
  'a-----b',
  'a.b_c__d-e',
  'v2',
  'blobs/uploads',
  'manifests/tags/list',
  'a'.repeat(255),
  `${'a/'.repeat(127)}a`,
]

const OTHERS = [
  '',
  '/',
  'a/',
  '/a',
  'a//b',
  '.',
  '..',
  'a/./b',
  'a/../b',
  '.a',
  'a.',
  'a..b',
  '_a',
  'a_',
  'a___b',
  'a._b',
  'a-_b',
  '-a',
  'a-',
  'A',
  'Team-a/app',
  'host:5000/app',
  '[::1]:5000/app',
  '_catalog',
  'a b',
  'a\n',
  'a\0',
  'a%2fb',
  'a\\b',
  'a;b',
  'a"b',
  'é',
  'а',
  'a'.repeat(256),
  `${'a/'.repeat(128)}a`,
]

/** OCI distribution-spec, "Pulling manifests", word for word. */
const OCI_NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/

describe('isRepositoryName', () => {
  for (const name of NAMES) {
    it(`takes ${name.slice(0, 40)} (${name.length})`, () => {
      assert.equal(isRepositoryName(name), true)
    })
  }
  for (const name of OTHERS) {
    it(`refuses ${JSON.stringify(name.slice(0, 40))} (${name.length})`, () => {
      assert.equal(isRepositoryName(name), false)
    })
  }

  it('is the grammar of the specification, up to 255 characters', () => {
    const nearly = fc.stringMatching(/^[ab0/._A:-]{0,12}$/)
    fc.assert(
      fc.property(nearly, (text) => {
        assert.equal(isRepositoryName(text), OCI_NAME.test(text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('judges each component on its own', () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,5}){0,2}$/)
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 8 }), (components) => {
        assert.equal(isRepositoryName(components.join('/')), true)
        assert.equal(isRepositoryName([...components, '..'].join('/')), false)
      }),
    )
  })
})
