import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { liveCredentials } from '../../../src/credentials/live.ts'

const credential = (id: string, namespace: string, generation = 'g1') => ({
  ...{ id, generation, namespace, username: 'robot', passwordHash: Buffer.alloc(32) },
})

describe('liveCredentials', () => {
  const store = createCredentialIndex([credential('b/s', 'b'), credential('a/s', 'a', 'g2')])
  const live = (...references: [id: string, generation: string][]) =>
    liveCredentials(
      store,
      references.map(([id, generation]) => ({ id, generation })),
    ).map(({ id }) => id)

  it('keeps those that are what they were', () => {
    assert.deepEqual(live(['b/s', 'g1'], ['a/s', 'g2']), ['b/s', 'a/s'])
  })

  it('drops those that changed or are gone', () => {
    assert.deepEqual(live(['b/s', 'g2'], ['a/s', 'g1'], ['c/s', 'g1'], ['', ''], ['b/s', '']), [])
  })
})
