import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createChangingIndex } from '../../../src/credentials/changing-index.ts'
import type { Credential, PasswordSecret } from '../../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { Redacted } from '../../../src/redacted.ts'

const ids = ['a/r', 'b/r', 'c/r']
const usernames = ['x', 'y']
const generations = ['1', '2', '3']

const secret = (cost: number | undefined): PasswordSecret =>
  cost === undefined
    ? { kind: 'keyed', hash: Buffer.alloc(0) }
    : { kind: 'bcrypt', hash: new Redacted(''), cost }

/** What a namespace has from now on: references are unique. */
const change = fc.record({
  id: fc.constantFrom(...ids),
  entries: fc.uniqueArray(
    fc.record({
      generation: fc.constantFrom(...generations),
      username: fc.constantFrom(...usernames),
      cost: fc.option(fc.constantFrom(4, 10), { nil: undefined }),
    }),
    { selector: ({ generation }) => generation },
  ),
})

describe('createChangingIndex', () => {
  it('is, after any changes, what an index of what is there then would be', () => {
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const changing = createChangingIndex()
        const there = new Map<string, readonly Credential[]>()
        for (const { id, entries } of changes) {
          const credentials = entries.map(({ generation, username, cost }) => ({
            ...{ id, generation, username, namespace: id.slice(0, 1), secret: secret(cost) },
          }))
          changing.put(id, credentials)
          there.set(id, credentials)
        }
        const whole = createCredentialIndex([...there.values()].flat())
        const byReference = (one: Credential, other: Credential) =>
          `${one.id} ${one.generation}`.localeCompare(`${other.id} ${other.generation}`)
        for (const username of usernames) {
          assert.deepEqual(
            changing.byUsername(username).toSorted(byReference),
            whole.byUsername(username).toSorted(byReference),
          )
        }
        for (const id of ids) {
          for (const generation of generations) {
            const reference = { id, generation }
            assert.deepEqual(changing.find(reference), whole.find(reference))
          }
        }
        assert.equal(changing.bcryptCost(), whole.bcryptCost())
      }),
    )
  })

  it('leaves alone what it gave out before', () => {
    const index = createChangingIndex()
    const credential = (generation: string): Credential => ({
      ...{ id: 'a/r', namespace: 'a', username: 'x', generation, secret: secret(undefined) },
    })
    index.put('a/r', [credential('1')])
    const before = index.byUsername('x')
    index.put('a/r', [credential('2')])
    assert.deepEqual(before, [credential('1')])
    index.put('a/r', [])
    assert.deepEqual(index.byUsername('x'), [])
  })
})
