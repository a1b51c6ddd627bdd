import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { credentialGeneration } from '../../../src/credentials/generation.ts'

const KEY = createSecretKey(Buffer.alloc(32, 7))
const CREDENTIAL = { id: 'team-a/registry-credentials', username: 'team-a', password: 'secret' }
const generation = credentialGeneration(KEY, CREDENTIAL)

describe('credentialGeneration', () => {
  it('is 12 bytes in base64url', () => {
    assert.match(generation, /^[A-Za-z0-9_-]{16}$/)
  })

  it('is the same in every replica', () => {
    assert.equal(
      credentialGeneration(createSecretKey(Buffer.alloc(32, 7)), { ...CREDENTIAL }),
      generation,
    )
  })

  for (const change of [{ id: 'team-b/x' }, { username: 'team-b' }, { password: 'secret\n' }]) {
    it(`changes with the ${Object.keys(change).join()}`, () => {
      assert.notEqual(credentialGeneration(KEY, { ...CREDENTIAL, ...change }), generation)
    })
  }

  it('changes with the key, so that it tells nothing without it', () => {
    assert.notEqual(
      credentialGeneration(createSecretKey(Buffer.alloc(32, 8)), CREDENTIAL),
      generation,
    )
  })

  it('keeps the parts apart', () => {
    const part = fc.string({ unit: fc.constantFrom(...Array.from('ab",[]\\/:\n')), maxLength: 4 })
    const triple = fc.record({ id: part, username: part, password: part })
    fc.assert(
      fc.property(triple, triple, (a, b) => {
        const same = a.id === b.id && a.username === b.username && a.password === b.password
        assert.equal(credentialGeneration(KEY, a) === credentialGeneration(KEY, b), same)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no hash for a password', () => {
    const { id, username, password } = CREDENTIAL
    const hashed = credentialGeneration(KEY, { id, username, passwordHash: password })
    assert.notEqual(hashed, generation)
    assert.notEqual(credentialGeneration(KEY, { id, username, passwordHash: 'other' }), hashed)
  })
})
