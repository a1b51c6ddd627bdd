import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namespacesOf, subjectOf } from '../../../src/credentials/holder.ts'

const credential = (id: string, namespace: string) => ({
  ...{ id, generation: 'g1', namespace, username: 'robot', passwordHash: Buffer.alloc(32) },
})
const HELD = [credential('b/s', 'b'), credential('a/s', 'a'), credential('a/t', 'a')]

describe('the holder of credentials', () => {
  it('has each namespace once, sorted', () => {
    assert.deepEqual(namespacesOf(HELD), ['a', 'b'])
    assert.deepEqual(namespacesOf([]), [])
  })

  it('is a subject that names every credential and holds no part of a password', () => {
    assert.deepEqual(subjectOf('robot', HELD), {
      account: 'robot',
      namespaces: ['a', 'b'],
      credentials: ['b/s', 'a/s', 'a/t'].map((id) => ({ id, generation: 'g1' })),
    })
  })
})
