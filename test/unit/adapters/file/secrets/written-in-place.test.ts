import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  secretFileOf,
  type SecretFile,
} from '../../../../../src/adapters/file/secrets/secret-files.ts'
import { createPasswordHasher } from '../../../../../src/credentials/password.ts'

const OPTIONS = {
  secretName: 'registry-credentials',
  hasher: createPasswordHasher(randomBytes(32)),
  bindingKey: createSecretKey(randomBytes(32)),
}

/** Limits behind the password, before it, and at the very end of the file. */
const FILES: Readonly<Record<string, string>> = {
  'limits last': `apiVersion: v1
kind: Secret
metadata: { name: registry-credentials, namespace: team-a }
stringData:
  username: ci
  password: canary-of-a
  notAfter: 2030-01-01T00:00:00Z
  actions: pull
---
apiVersion: v1
kind: Secret
metadata: { name: registry-credentials, namespace: team-b }
stringData:
  username: ci
  password: canary-of-b
  previousPassword: canary-of-before
  previousPasswordNotAfter: 2029-01-01T00:00:00Z
  notBefore: 2020-01-01T00:00:00Z
  actions: pull,push
`,
  'a list': `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Secret
    metadata: { name: registry-credentials, namespace: team-a }
    stringData:
      username: ci
      password: canary-of-a
      actions: pull
  - apiVersion: v1
    kind: Secret
    metadata: { name: registry-credentials, namespace: team-b }
    stringData:
      password: canary-of-b
      username: ci
      actions: pull
      notAfter: 2030-01-01T00:00:00Z
`,
}

type State = SecretFile | undefined

const read = (text: string, before: State, identity = 'one') =>
  secretFileOf({ content: Buffer.from(text), identity }, before, OPTIONS)
const credentialsIn = (file: SecretFile) =>
  file.readings.flatMap((one) => (one.kind === 'credentials' ? one.credentials : []))

/** Fails where a password may do more than it may by the whole. */
function noMore(file: SecretFile, whole: SecretFile, path: readonly string[]): void {
  for (const one of credentialsIn(file)) {
    const limits = credentialsIn(whole).find(
      ({ id, generation }) => id === one.id && generation === one.generation,
    )
    assert.ok(limits, path.join('\n=====\n'))
    const { actions, notBefore, notAfter } = one
    const more =
      (limits.actions !== undefined &&
        !(actions ?? ['*']).every(
          (action) => limits.actions?.includes(action as 'pull') === true,
        )) ||
      (limits.notAfter !== undefined && (notAfter ?? Infinity) > limits.notAfter) ||
      (limits.notBefore !== undefined && (notBefore ?? -Infinity) < limits.notBefore)
    assert.ok(!more, path.join('\n=====\n'))
  }
}

const linesOf = (text: string) =>
  [...text.matchAll(/\n/g)].map(({ index }) => text.slice(0, index + 1))

describe('a file of Secrets that is written in place', () => {
  for (const [what, text] of Object.entries(FILES)) {
    const whole = read(text, undefined)
    const lines = ['', ...linesOf(text)]

    it(`gives nobody more, wherever it stands still for a moment, two and three times: ${what}`, () => {
      assert.ok(credentialsIn(whole).length >= 2)
      let states = 0
      const go = (before: SecretFile, from: number, path: readonly string[]): void => {
        // The third time near its end: it takes long.
        for (const next of lines.slice(path.length < 2 ? from : Math.max(from, lines.length - 5))) {
          const file = read(next, before)
          states += 1
          noMore(file, whole, [...path, next])
          if (path.length < 2) go(file, lines.indexOf(next) + 1, [...path, next])
        }
      }
      go(whole, 0, [])
      assert.ok(states > 500, String(states))
    })

    it(`nor where that is in the middle of a line: ${what}`, () => {
      for (let length = 0; length < text.length; length += 11) {
        const first = read(text.slice(0, length), whole)
        noMore(first, whole, [])
        for (const next of lines.slice(-5))
          noMore(read(next, first), whole, [text.slice(0, length), next])
      }
    })

    it(`has all of it again at its end, and what it then says: ${what}`, () => {
      const back = read(text, read('', whole))
      assert.deepEqual(credentialsIn(back), credentialsIn(whole))
      assert.deepEqual(back.dropped, [])
      const wide = text.replaceAll(/actions: .*/g, 'actions: pull,push,delete')
      const said = credentialsIn(read(wide, read('', whole))).map(({ actions }) => actions?.length)
      assert.ok(said.every((count) => count === 3))
    })

    it(`is forgotten for another file in its place, and not for a moment in which it can't be read: ${what}`, () => {
      const open = text.replaceAll(/\n +actions: .*/g, '')
      const limited = (file: SecretFile) =>
        credentialsIn(file).filter(({ actions }) => actions !== undefined).length
      const empty = read('', whole)
      assert.equal(limited(read(open, empty, 'other')), 0)
      const unreadable = secretFileOf('cannot be read (EACCES)', empty, OPTIONS)
      assert.equal(limited(read(open, unreadable)), credentialsIn(whole).length)
      assert.equal(limited(read(open, unreadable, 'other')), 0)
    })
  }

  it('leaves what was an own password alone where the user name is still there', () => {
    const entry = (password: string, more = '') =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: registry-credentials, namespace: team-a }\nstringData:\n  username: ci\n  password: ${password}\n${more}`
    const first = read(entry('canary-one', '  actions: pull\n'), undefined)
    const second = read(entry('canary-two', '  actions: pull,push\n'), first)
    const [third] = credentialsIn(read(entry('canary-three'), second))
    assert.deepEqual(third?.actions, ['pull', 'push'])
  })
})
