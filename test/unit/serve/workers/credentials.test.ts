import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { createChangingIndex } from '../../../../src/credentials/changing-index.ts'
import type { Credential } from '../../../../src/credentials/credential.ts'
import { Redacted } from '../../../../src/redacted.ts'
import { createCredentialFeed } from '../../../../src/serve/workers/credential-feed.ts'
import { createFedCredentials } from '../../../../src/serve/workers/fed-credentials.ts'

const HASH = '$2b$04$abcdefghijklmnopqrstuv'

const credential = (id: string, generation: string, username: string): Credential => ({
  ...{ id, generation, username, namespace: id.slice(0, 1) },
  secret:
    generation === '2'
      ? { kind: 'bcrypt', hash: new Redacted(HASH), cost: 4 }
      : { kind: 'keyed', hash: Buffer.from(generation) },
})

/** A store, what is fed of it to a process at the other end of a pipe, and the time there. */
function open() {
  const index = createChangingIndex()
  const state = { ready: true, now: 0 }
  const unusable = new Map<string, string>()
  const feed = createCredentialFeed({
    ...{ ...index, ready: () => state.ready },
    listed: () => [...unusable.keys()].map((namespace) => ({ namespace })),
    unusable: (namespace) => unusable.get(namespace),
  })
  feed.next()
  const fed = createFedCredentials(structuredClone(feed.whole()), () => state.now)
  const tell = () => {
    fed.take(structuredClone(feed.next()))
  }
  return { index, state, unusable, feed, fed, tell }
}

/** What whoever checks a password makes of it. */
function seen(all: readonly Credential[]): readonly unknown[] {
  return all.map(({ secret, ...rest }) => ({
    ...rest,
    secret: secret.kind === 'keyed' ? [...secret.hash] : [secret.hash.reveal(), secret.cost],
  }))
}

const ids = ['a/r', 'b/r']
const usernames = ['x', 'y']
const change = fc.record({
  id: fc.constantFrom(...ids),
  entries: fc.uniqueArray(
    fc.record({ generation: fc.constantFrom('1', '2'), username: fc.constantFrom(...usernames) }),
    { selector: ({ generation }) => generation },
  ),
  told: fc.boolean(),
})

describe('credentials that are fed to another process', () => {
  it('are beside what is recorded of a Secret that cannot be used, and of no other any more', () => {
    const { index, unusable, feed, fed, tell } = open()
    const told = () => fed.unusable?.('a')
    unusable.set('a', 'the Secret a/r cannot be used: no password')
    index.put('a/r', [])
    tell()
    assert.equal(told(), 'the Secret a/r cannot be used: no password')
    index.put('b/r', [credential('b/r', '1', 'x')])
    tell()
    assert.ok(told() !== undefined)
    assert.equal(createFedCredentials(feed.whole(), () => 0).unusable?.('a'), unusable.get('a'))
    unusable.clear()
    index.put('a/r', [credential('a/r', '1', 'y')])
    tell()
    assert.equal(told(), undefined)
  })

  it('are there what they are here, after any changes', () => {
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const { index, fed, tell } = open()
        for (const { id, entries, told } of changes) {
          const all = entries.map(({ generation, username }) =>
            credential(id, generation, username),
          )
          index.put(id, all)
          if (told) tell()
        }
        tell()
        for (const username of usernames) {
          const order = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort()
          assert.deepEqual(
            order(seen(fed.byUsername(username))),
            order(seen(index.byUsername(username))),
          )
        }
        for (const id of ids) {
          for (const generation of ['1', '2']) {
            const [there, here] = [fed, index].map((one) => one.find({ id, generation }))
            assert.deepEqual(there && seen([there]), here && seen([here]))
          }
        }
        assert.equal(fed.bcryptCost(), index.bcryptCost())
      }),
    )
  })

  it('are told whole to whoever comes later, and then what changed alone', () => {
    const { index, feed } = open()
    index.put('a/r', [credential('a/r', '1', 'x')])
    index.put('b/r', [credential('b/r', '1', 'y')])
    const idsOf = ({ changed }: ReturnType<typeof feed.next>) => changed.map(([id]) => id)
    assert.deepEqual(idsOf(feed.next()), ['a/r', 'b/r'])
    assert.deepEqual(idsOf(feed.next()), [])
    assert.deepEqual(idsOf(feed.whole()), ['a/r', 'b/r'])
    index.put('a/r', [])
    assert.deepEqual(feed.next().changed, [['a/r', []]])
  })

  it('are of no use before they are known, nor once nothing is heard for long', () => {
    const { index, state, fed, tell } = open()
    index.put('a/r', [credential('a/r', '1', 'x')])
    state.ready = false
    tell()
    assert.equal(fed.ready(), false)
    state.ready = true
    tell()
    const known = () => [
      fed.ready(),
      fed.byUsername('x').length,
      fed.find({ id: 'a/r', generation: '1' }) !== undefined,
    ]
    assert.deepEqual([...known(), fed.problem()], [true, 1, true, undefined])
    state.now = 9_999
    assert.deepEqual(known(), [true, 1, true])
    state.now = 10_000
    assert.deepEqual(known(), [false, 0, false])
    assert.equal(fed.problem(), 'nothing was heard of the credentials for 10 s')
    tell()
    assert.deepEqual(known(), [true, 1, true])
  })

  it('print no hash', () => {
    const { index, fed, tell } = open()
    index.put('a/r', [credential('a/r', '2', 'x')])
    tell()
    const found = fed.byUsername('x')
    assert.equal(found.length, 1)
    assert.doesNotMatch(inspect(found, { depth: 9 }) + JSON.stringify(found), /abcdefgh/)
  })
})
