import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namespacesOf, subjectOf } from '../../../src/credentials/holder.ts'

const KEYED = { kind: 'keyed', hash: Buffer.alloc(32) } as const

const credential = (id: string, namespace: string) => ({
  ...{ id, generation: 'g1', namespace, username: 'robot', secret: KEYED },
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
      credentials: [
        { id: 'b/s', generation: 'g1', namespace: 'b' },
        { id: 'a/s', generation: 'g1', namespace: 'a' },
        { id: 'a/t', generation: 'g1', namespace: 'a' },
      ],
    })
  })

  it('holds the limits of each with it', () => {
    const limited = { ...credential('a/s', 'a'), actions: ['pull'] }
    assert.deepEqual(subjectOf('robot', [limited]).credentials, [
      { id: 'a/s', generation: 'g1', namespace: 'a', actions: ['pull'] },
    ])
  })
})
