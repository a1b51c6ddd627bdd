import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Credential } from '../../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'

const credential = (namespace: string, username: string): Credential => ({
  id: `${namespace}/registry-credentials`,
  generation: 'g',
  namespace,
  username,
  passwordHash: Buffer.alloc(32),
})

const a = credential('team-a', 'team-a')
const b = credential('team-b', 'robot')
const c = credential('team-c', 'robot')
const given = [a, b, c]
const index = createCredentialIndex(given)

describe('createCredentialIndex', () => {
  it('finds every credential of a user name', () => {
    assert.deepEqual(index.byUsername('team-a'), [a])
    assert.deepEqual(index.byUsername('robot'), [b, c])
  })

  it('finds a credential by its id', () => {
    assert.equal(index.byId('team-b/registry-credentials'), b)
  })

  for (const name of ['', 'TEAM-A', 'team-a ', '__proto__', 'constructor']) {
    it(`finds nothing by ${JSON.stringify(name)}`, () => {
      assert.deepEqual(index.byUsername(name), [])
      assert.equal(index.byId(name), undefined)
    })
  }

  it('does not change with the list that it was made from', () => {
    given.push(credential('team-d', 'team-d'))
    assert.deepEqual(index.byUsername('team-d'), [])
  })
})
