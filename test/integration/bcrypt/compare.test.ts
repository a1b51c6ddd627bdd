import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashSync } from '../../support/bcrypt.ts'
import { createBcryptComparison } from '../../../src/adapters/bcrypt/compare.ts'
import { RauthError } from '../../../src/errors.ts'

describe('createBcryptComparison', () => {
  for (const version of ['2a', '2b', '2y'] as const) {
    it(`knows the password of a hash of ${version}, and no other`, async () => {
      const compare = createBcryptComparison()
      const encoded = hashSync('canary-ü', { cost: 4, version })
      assert.equal(await compare('canary-ü', encoded), true)
      assert.equal(await compare('canary-u', encoded), false)
    })
  }

  // Of the test vectors of crypt_blowfish.
  for (const [password, encoded] of [
    ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ] as const) {
    it(`knows the password of ${encoded}`, async () => {
      assert.equal(await createBcryptComparison()(password, encoded), true)
    })
  }

  it('leaves the event loop free meanwhile', async () => {
    const compare = createBcryptComparison()
    const encoded = hashSync('canary', { cost: 10 })
    let ended = 0
    const checks = Array.from({ length: 20 }, async () => {
      await compare('other', encoded)
      ended += 1
    })
    let turns = 0
    while (ended < checks.length) {
      turns += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(checks)
    // In the event loop there would be a turn for each of them at most.
    assert.ok(turns > 5 * checks.length, String(turns))
  })

  it('says what is missing where it cannot be loaded, and tries again', async () => {
    let broken = true
    const compare = createBcryptComparison(() =>
      broken
        ? Promise.reject(new Error('no such platform'))
        : import('bcrypt').then((module) => module.default),
    )
    const encoded = hashSync('canary', { cost: 4 })
    for (let i = 0; i < 2; i += 1) {
      await assert.rejects(compare('canary', encoded), (error: unknown) => {
        assert.ok(error instanceof RauthError)
        assert.equal(error.code, 'ERR_BCRYPT_UNAVAILABLE')
        assert.match(error.message, /passwordHash.*no such platform.*npm install/)
        assert.doesNotMatch(error.message, /canary/)
        return true
      })
    }
    broken = false
    assert.equal(await compare('canary', encoded), true)
  })
})
