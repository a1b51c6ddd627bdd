import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import bcrypt from 'bcrypt'
import fc from 'fast-check'
import { hash } from '../../support/bcrypt.ts'
import { readBcryptCost, standInHash } from '../../../src/credentials/bcrypt-hash.ts'

const GOOD = '$2b$10$uULV4cNZ4egJ624ogHAUc.JB0FskwAt.bk.tRv0bU0JwJdkmt36Hy'

describe('readBcryptCost', () => {
  for (const version of ['2a', '2b', '2y'] as const) {
    it(`reads what makers of ${version} write`, async () => {
      assert.equal(readBcryptCost(await hash('canary', { cost: 5, version })), 5)
    })
  }

  const BAD: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /one bcrypt hash/],
    ['a password', 'canary', /one bcrypt hash/],
    ['a line of htpasswd', `canary:${GOOD}`, /one bcrypt hash/],
    ['a newline', `${GOOD}\n`, /one bcrypt hash/],
    ['an old variant', GOOD.replace('2b', '2x'), /one bcrypt hash/],
    ['another variant', GOOD.replace('2b', '2'), /one bcrypt hash/],
    ['SHA-512 crypt', '$6$canary$abc', /one bcrypt hash/],
    ['a digit too few', GOOD.slice(0, -1), /one bcrypt hash/],
    ['one too many', `${GOOD}.`, /one bcrypt hash/],
    ['a foreign letter', GOOD.replace('J', '+'), /one bcrypt hash/],
    ['bits behind the salt', GOOD.replace('c.JB', 'c/JB'), /one bcrypt hash/],
    ['bits behind the hash', GOOD.replace(/y$/, 'z'), /one bcrypt hash/],
    ['a cost that is none', GOOD.replace('$10$', '$03$'), /cost.*4 to 12.*anew/],
    ['a cost that is no number', GOOD.replace('$10$', '$1x$'), /one bcrypt hash/],
    ['a cost of a second', GOOD.replace('$10$', '$13$'), /cost.*4 to 12.*anew/],
    ['a cost of days', GOOD.replace('$10$', '$31$'), /cost.*4 to 12.*anew/],
  ]
  for (const [name, text, expected] of BAD) {
    it(`refuses ${name}, says what to do and quotes nothing`, () => {
      const problem = readBcryptCost(text)
      assert.match(String(problem), expected)
      assert.match(String(problem), /htpasswd/)
      assert.doesNotMatch(String(problem), /canary/)
    })
  }

  it('takes nothing that the library could not read, and reads the cost as it does', () => {
    const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
    const rest = fc.string({
      unit: fc.constantFrom(...Array.from(alphabet)),
      minLength: 53,
      maxLength: 53,
    })
    const cost = fc.integer({ min: 0, max: 15 }).map((n) => String(n).padStart(2, '0'))
    let taken = 0
    fc.assert(
      fc.property(fc.constantFrom('2a', '2b', '2y'), cost, rest, (version, digits, tail) => {
        const text = `$${version}$${digits}$${tail}`
        const read = readBcryptCost(text)
        if (typeof read !== 'number') return
        taken += 1
        assert.equal(bcrypt.getRounds(text), read)
      }),
      { numRuns: 5000 },
    )
    assert.ok(taken > 0)
  })
})

describe('standInHash', () => {
  it('is a hash of its cost that no password is known for', async () => {
    assert.equal(readBcryptCost(standInHash(4)), 4)
    assert.equal(readBcryptCost(standInHash(12)), 12)
    assert.equal(await bcrypt.compare('', standInHash(4)), false)
  })
})
