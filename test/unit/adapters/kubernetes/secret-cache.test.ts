import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  createSecretCache,
  type SecretChange,
} from '../../../../src/adapters/kubernetes/secret-cache.ts'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { secretObject } from '../../../support/kubernetes/fake-api.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const bindingKey = createSecretKey(Buffer.alloc(32, 2))

function cache() {
  const changes: SecretChange[] = []
  const made = createSecretCache({
    ...{ secretName: 'registry-credentials', hasher, bindingKey },
    onChange: (change) => changes.push(change),
  })
  const target = made.target(undefined)
  const read = (namespace: string, version: number, uid = 'first') =>
    target.read(
      secretObject(
        { namespace, uid, version: String(version) },
        { username: namespace, password: `${version}` },
      ),
    )
  /** The password that is in force, of those that are versions. */
  const state = (namespace: string) => {
    const secret = made.index.byUsername(namespace)[0]?.secret
    if (secret?.kind !== 'keyed') return undefined
    return [1, 2, 3, 4, 5, 6, 7, 8].find((one) => secret.hash.equals(hasher.hash(String(one))))
  }
  const counts = (now = 0) => made.counts(now)
  const of = (scope: string) => made.target(scope)
  return { counts, of, target, read, state, changes }
}

const NONE = { usable: 0, unusable: 0, ended: 0, waits: 0 }

describe('createSecretCache', () => {
  it('takes events in the order of their versions, whenever they come', () => {
    const { target, read, state } = cache()
    target.apply(read('a', 5), false)
    target.apply(read('a', 4), false)
    assert.equal(state('a'), 5)
    target.apply(read('a', 4), true)
    assert.equal(state('a'), 5, 'it went before it was there')
    target.apply(read('a', 6), true)
    assert.equal(state('a'), undefined)
    target.apply(read('a', 5), false)
    assert.equal(state('a'), undefined, 'late')
  })

  it('keeps a Secret that was made again when its predecessor is told to be gone', () => {
    const { target, read, state } = cache()
    target.apply(read('a', 3), false)
    target.replace([read('a', 7, 'second')], '7', false)
    target.apply(read('a', 6), true)
    assert.equal(state('a'), 7)
  })

  it('has after a list what the list has, and nothing that it has not', () => {
    const { target, read, state } = cache()
    target.replace([read('a', 1), read('b', 2)], '2', true)
    target.replace([read('b', 3), read('c', 4)], '4', true)
    assert.deepEqual(['a', 'b', 'c'].map(state), [undefined, 3, 4])
  })

  it('has what events told beside a list', () => {
    const { target, read, state } = cache()
    target.replace([read('a', 1), read('b', 2)], '2', true)
    target.apply(read('a', 5), false)
    target.apply(read('b', 6), true)
    target.apply(read('c', 7), false)
    target.replace([read('a', 1), read('b', 2)], '4', false)
    assert.deepEqual(['a', 'b', 'c'].map(state), [5, undefined, 7])
    target.replace([read('b', 8)], '8', false)
    assert.deepEqual(['a', 'b', 'c'].map(state), [undefined, 8, undefined])
  })

  it('has what a list has of Secrets whose own version is older than what was known', () => {
    const { target, read, state } = cache()
    target.replace([read('a', 1), read('b', 2)], '2', true)
    target.apply(read('a', 5), false)
    target.apply(read('b', 6), true)
    // etcd was put back to 2, and more was written since.
    target.replace([read('a', 1), read('b', 2)], '8', false)
    assert.deepEqual(['a', 'b'].map(state), [1, 2])
  })

  it('has a Secret that is made again after the API server was put back to before it went', () => {
    const { target, read, state } = cache()
    target.replace([read('a', 5), read('b', 5)], '5', true)
    target.apply(read('a', 8, 'first'), true)
    target.replace([read('b', 5)], '5', true)
    assert.equal(state('a'), undefined)
    target.apply(read('a', 6, 'second'), false)
    assert.equal(state('a'), 6, 'by an event')
    target.apply(read('a', 8, 'second'), true)
    target.replace([], '6', true)
    target.replace([read('a', 6, 'third')], '7', false)
    assert.equal(state('a'), 6, 'by a list')
  })

  it('forgets for a list of one namespace nothing that went in another', () => {
    const { of, target, read, state } = cache()
    target.apply(read('a', 8), true)
    of('b').replace([], '5', true)
    target.apply(read('a', 6), false)
    assert.equal(state('a'), undefined)
  })

  it('lets the list of one namespace say nothing of others', () => {
    const { of, target, read, state } = cache()
    target.apply(read('a', 1), false)
    of('b').replace([], '9', true)
    assert.equal(state('a'), 1)
    of('a').replace([], '9', true)
    assert.equal(state('a'), undefined)
  })

  it('gives no credentials of a Secret that is being deleted', () => {
    const { target, read, state } = cache()
    target.apply(read('a', 1), false)
    const object = secretObject({ namespace: 'a', uid: 'first', version: '2' }, { username: 'a' })
    const metadata = {
      ...(object['metadata'] as object),
      deletionTimestamp: '2026-01-01T00:00:00Z',
    }
    target.apply(target.read({ ...object, metadata }), false)
    assert.equal(state('a'), undefined)
  })

  it('disables the namespace of a Secret that is of no use, and no other', () => {
    const { target, read, state, counts, changes } = cache()
    target.apply(read('a', 1), false)
    target.apply(read('b', 2), false)
    const broken = secretObject({ namespace: 'a', uid: 'first', version: '3' }, { password: 'x' })
    target.apply(target.read(broken), false)
    assert.deepEqual([state('a'), state('b')], [undefined, 2])
    assert.deepEqual(counts(), { ...NONE, usable: 1, unusable: 1 })
    const { reading } = changes.at(-1)?.state ?? assert.fail()
    assert.ok(reading.kind === 'problem' && reading.problem.startsWith('username is missing'))
    target.apply(target.read({ metadata: {}, kind: 'Secret', apiVersion: 'v1' }), false)
    assert.deepEqual(counts(), { ...NONE, usable: 1, unusable: 1 })
  })

  it('disables the namespace of a Secret that is too long, until it is another', () => {
    const { target, read, state, counts, changes } = cache()
    target.apply(read('a', 1), false)
    target.apply(read('b', 2), false)
    const beginning = (version: string, more = {}) => {
      const known = { name: 'registry-credentials', namespace: 'a', uid: 'first' }
      const metadata = { ...known, resourceVersion: version, ...more }
      return { apiVersion: 'v1', kind: 'Secret', metadata }
    }
    target.apply(target.readTooLong(beginning('3')), false)
    assert.deepEqual([state('a'), state('b')], [undefined, 2])
    assert.deepEqual(counts(), { ...NONE, usable: 1, unusable: 1 })
    const { reading } = changes.at(-1)?.state ?? assert.fail()
    assert.ok(reading.kind === 'problem' && /longer than \d+ bytes in JSON/.test(reading.problem))
    target.apply(read('a', 2), false)
    assert.equal(state('a'), undefined, 'what was before')
    target.apply(read('a', 4), false)
    assert.equal(state('a'), 4)
    const deletionTimestamp = '2026-01-01T00:00:00Z'
    target.apply(target.readTooLong(beginning('5', { deletionTimestamp })), false)
    assert.deepEqual(counts(), { ...NONE, usable: 1, unusable: 0 })
    target.apply(target.readTooLong(beginning('6')), false)
    target.apply(target.readTooLong(beginning('7')), true)
    assert.deepEqual(counts(), { ...NONE, usable: 1, unusable: 0 })
  })

  it('counts by the time of now which Secrets have ended', () => {
    const { target, read, counts } = cache()
    const metadata = { namespace: 'a', uid: 'first', version: '1' }
    const login = { username: 'a', password: '1', notAfter: '2026-11-18T11:06:40Z' }
    target.apply(target.read(secretObject(metadata, login)), false)
    target.apply(read('b', 2), false)
    const end = 1_795_000_000
    assert.deepEqual(counts(end - 1), { ...NONE, usable: 2 })
    assert.deepEqual(counts(end), { ...NONE, usable: 1, ended: 1 })
  })

  it('reads the same object once', () => {
    const { target, read } = cache()
    const first = read('a', 1)
    target.apply(first, false)
    assert.equal(read('a', 1), first)
    assert.notEqual(read('a', 1, 'second'), first)
    assert.notEqual(read('a', 2), first)
  })

  it('keeps nothing of the text', () => {
    const { target } = cache()
    const values = { username: 'a', password: 'canary', other: 'canary' }
    const state = target.read(secretObject({ namespace: 'a', uid: 'u', version: '1' }, values))
    assert.equal(state.reading.kind, 'credentials')
    assert.doesNotMatch(inspect(state, { depth: 9 }), /canary|Y2FuYXJ5/)
  })
})
