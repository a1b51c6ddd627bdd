import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPasswordHasher, samePassword } from '../../../src/credentials/password.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))

describe('password', () => {
  it('hashes with HMAC-SHA-256 (RFC 4231, test case 2)', () => {
    assert.equal(
      createPasswordHasher(Buffer.from('Jefe'))
        .hash('what do ya want for nothing?')
        .toString('hex'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('is the same exactly for the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        assert.ok(samePassword(hasher.hash(a), hasher.hash(a)))
        assert.equal(samePassword(hasher.hash(a), hasher.hash(b)), a === b)
      }),
    )
  })

  it('tells a newline and a form of Unicode apart', () => {
    assert.ok(!samePassword(hasher.hash('a'), hasher.hash('a\n')))
    assert.ok(!samePassword(hasher.hash('\u00e9'), hasher.hash('e\u0301')))
  })

  it('depends on the key', () => {
    const other = createPasswordHasher(Buffer.alloc(32, 2))
    assert.ok(!samePassword(hasher.hash('a'), other.hash('a')))
  })

  it('holds hashes of unequal length for different, without throwing', () => {
    assert.equal(samePassword(Buffer.alloc(32), Buffer.alloc(31)), false)
  })
})
