import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  hostHint,
  parseImageReference,
  tagsNamed,
  type ImageReference,
} from '../../../src/registry/image-reference.ts'

const SHA256 = `sha256:${'7e'.repeat(32)}`
const SHA512 = `sha512:${'7e'.repeat(64)}`
const OTHER = `blake3:${'7e'.repeat(32)}`

const hosted = (name: string, rest = name) => ({
  name: `registry.example/${name}`,
  mayBeHost: { host: 'registry.example', rest },
})

const READ: readonly (readonly [text: string, reference: ImageReference])[] = [
  ['app', { name: 'app' }],
  ['team-a/app', { name: 'team-a/app' }],
  ['app:v1', { name: 'app', tag: 'v1' }],
  ['team-a/app:v1', { name: 'team-a/app', tag: 'v1' }],
  [`app@${SHA256}`, { name: 'app', digest: SHA256 }],
  [`team-a/app@${SHA256}`, { name: 'team-a/app', digest: SHA256 }],
  [`team-a/app@${SHA512}`, { name: 'team-a/app', digest: SHA512 }],
  [`team-a/app@${OTHER}`, { name: 'team-a/app', digest: OTHER }],
  [`team-a/app:v1@${SHA256}`, { name: 'team-a/app', tag: 'v1', digest: SHA256 }],
  ['registry.example/team-a/app', hosted('team-a/app')],
  ['registry.example/team-a/app:v1', { ...hosted('team-a/app', 'team-a/app:v1'), tag: 'v1' }],
  [`registry.example/app@${SHA256}`, { ...hosted('app', `app@${SHA256}`), digest: SHA256 }],
  ['localhost/app', { name: 'localhost/app', mayBeHost: { host: 'localhost', rest: 'app' } }],
  // What is wrong with a name is for the decision to say.
  ['Team-A/app', { name: 'Team-A/app' }],
]

const SAY_REST = /^it begins with a registry: say team-a\/app(?::v1|@sha256:(?:7e){32})?$/
const NO_TAG = /^what is behind its : is no tag/
const NO_SHA256 = /^what is behind its @ is no digest: sha256: and 64 hexadecimal digits/
const NO_DIGEST = /^what is behind its @ is no digest: ALGORITHM:HEX/

const FLAWS: readonly (readonly [text: string, flaw: RegExp])[] = [
  ['localhost:5000/team-a/app', SAY_REST],
  ['localhost:5000/team-a/app:v1', SAY_REST],
  [`registry.example:443/team-a/app@${SHA256}`, SAY_REST],
  ['[::1]:5000/team-a/app', SAY_REST],
  ['docker://registry.example/team-a/app:v1', SAY_REST],
  ['oci://localhost:5000/team-a/app', SAY_REST],
  ['team-a/app:', NO_TAG],
  ['team-a/app:.v1', NO_TAG],
  [`team-a/app:${'v'.repeat(129)}`, NO_TAG],
  [`team-a/app:@${SHA256}`, NO_TAG],
  ['team-a/app@sha256:7ed9', NO_SHA256],
  [`team-a/app@${SHA256}0`, NO_SHA256],
  [`team-a/app@${SHA256.toUpperCase()}`, NO_DIGEST],
  [`team-a/app@sha256:${'7E'.repeat(32)}`, NO_SHA256],
  ['team-a/app@sha256', NO_SHA256],
  [`team-a/app@sha512:${'7e'.repeat(32)}`, /sha512: and 128 hexadecimal digits/],
  ['team-a/app@', NO_DIGEST],
  ['team-a/app@v1', NO_DIGEST],
  [`team-a/app@${'7e'.repeat(32)}`, NO_DIGEST],
  [`team-a/app@sha256%3A${'7e'.repeat(32)}`, NO_DIGEST],
  [`team-a/app@${SHA256}@${SHA256}`, NO_SHA256],
  [`team-a/app@constructor:7e`, NO_DIGEST],
]

describe('an image as people type it', () => {
  for (const [text, reference] of READ) {
    it(`is ${text.slice(0, 60)}`, () => {
      assert.deepEqual(parseImageReference(text), reference)
    })
  }

  for (const [text, flaw] of FLAWS) {
    it(`is not ${text.slice(0, 60)} (${text.length})`, () => {
      const read = parseImageReference(text)
      assert.match('flaw' in read ? read.flaw : '', flaw)
    })
  }

  it('says what to leave out where its first part may be a registry', () => {
    assert.deepEqual(hostHint(hosted('app')), [
      "if registry.example is the registry's host, leave it out: app",
    ])
    assert.deepEqual(hostHint({ name: 'team-a/app' }), [])
  })
})

describe('the tags that the requests for an image name', () => {
  const digest = SHA256
  const CASES: readonly (readonly [
    reference: Omit<ImageReference, 'name'>,
    actions: string,
    tags: unknown,
  ])[] = [
    [{}, 'pull', 'any'],
    [{}, 'delete', 'any'],
    [{ tag: 'v1' }, 'pull', ['v1']],
    [{ tag: 'v1' }, 'delete', ['v1']],
    [{ digest }, 'pull', []],
    [{ digest }, 'pull,push', []],
    [{ tag: 'v1', digest }, 'pull', []],
    [{ digest }, 'pull,delete', undefined],
    [{ digest }, '*', undefined],
    [{ tag: 'v1', digest }, 'delete', undefined],
  ]
  for (const [reference, actions, tags] of CASES) {
    it(`${actions} of ${Object.keys(reference).join(' and ')}`, () => {
      assert.deepEqual(tagsNamed({ name: 'app', ...reference }, actions.split(',')), tags)
    })
  }
})
