import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bearerToken } from '../../../src/registry/authorization.ts'

const reasonOf = (header: string | undefined) => {
  const result = bearerToken(header)
  return result.ok ? undefined : result.refusal.reason
}

const TOKENS: readonly (readonly [header: string, token: string])[] = [
  ['Bearer a.b.c', 'a.b.c'],
  ['bearer a.b.c', 'a.b.c'],
  ['BEARER a.b.c', 'a.b.c'],
  ['Bearer    a.b.c', 'a.b.c'],
  ['Bearer abc-_~+/==', 'abc-_~+/=='],
]

const MALFORMED: readonly string[] = [
  'Bearer',
  'Bearer ',
  ' Bearer a.b.c',
  'Bearer a.b.c ',
  'Bearer\ta.b.c',
  'Bearer \ta.b.c',
  'Bearera.b.c',
  'Bearer a.b.c d',
  'Bearer a.b.c,Bearer d.e.f',
  'Bearer a.b.c, Bearer d.e.f',
  'Bearer a.b.c,',
  ',Bearer a.b.c',
  'Bearer a.b.c\r\nx: y',
  'Bearer a.b.c\n',
  'Bearer "a.b.c"',
  'Bearer =a',
  'Bearer a!b',
  'Bearer é',
  'Basic dGVhbS1hOng=',
  'Token a.b.c',
  'a.b.c',
  `Bearer ${'a'.repeat(9_000)}`,
]

describe('bearerToken', () => {
  for (const [header, token] of TOKENS) {
    it(`reads ${header}`, () => {
      assert.deepEqual(bearerToken(header), { ok: true, value: token })
    })
  }

  for (const header of MALFORMED) {
    it(`refuses ${JSON.stringify(header.slice(0, 40))}`, () => {
      assert.equal(reasonOf(header), 'authorization_malformed')
    })
  }

  it('knows that there is none', () => {
    assert.equal(reasonOf(undefined), 'token_missing')
    assert.equal(reasonOf(''), 'token_missing')
  })

  it('takes a token of 8 KiB', () => {
    assert.equal(reasonOf(`Bearer ${'a'.repeat(8192)}`), undefined)
  })

  it('never repeats what it was given', () => {
    assert.doesNotMatch(JSON.stringify(bearerToken('Bearer canary canary')), /canary/)
  })

  it('never gives out a second credential', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const result = bearerToken(`Bearer ${text}`)
        if (result.ok) assert.match(result.value, /^[!-~]+$/)
        if (result.ok) assert.doesNotMatch(result.value, /,/)
      }),
    )
  })
})
