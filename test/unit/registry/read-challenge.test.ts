import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bearerChallenge } from '../../../src/registry/challenge.ts'
import { readBearerChallenge } from '../../../src/registry/read-challenge.ts'

describe('readBearerChallenge', () => {
  const realm = 'https://r.example/token'
  const CASES: readonly (readonly [value: string, service: string | undefined])[] = [
    [`Bearer realm="${realm}",service="s"`, 's'],
    [`bearer realm="${realm}", service="a \\"b\\""`, 'a "b"'],
    [`Bearer service=s , realm="${realm}",error="invalid_token"`, 's'],
    [`Bearer realm="${realm}"`, ''],
    [`Basic realm="x", Bearer realm="${realm}",service="s"`, 's'],
    ['Basic realm="https://r.example/token"', undefined],
    ['Bearer realm="nowhere"', undefined],
    ['Bearer', undefined],
    ['', undefined],
  ]
  for (const [value, service] of CASES) {
    it(`${value || 'nothing'} names ${service ?? 'no realm'}`, () => {
      const expected = service === undefined ? undefined : { realm, service }
      assert.deepEqual(readBearerChallenge(value), expected)
    })
  }

  it('reads what rauth writes', () => {
    const text = fc.stringMatching(/^[\x20-\x7e]{1,20}$/)
    fc.assert(
      fc.property(text, text, (service, scope) => {
        const value = bearerChallenge({ realm, service, scope, error: 'insufficient_scope' })
        assert.deepEqual(readBearerChallenge(value), { realm, service })
      }),
    )
  })
})
