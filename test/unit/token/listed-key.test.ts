import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { listedKeys } from '../../../src/token/listed-key.ts'
import type { SigningKey } from '../../../src/token/key-set.ts'

const NOW = 1_800_000_000
const HOUR = 3600

/** Only its times and its name matter here. */
function key(kid: string, notBefore: number, notAfter: number): SigningKey {
  return { kid, algorithm: 'ES256', notBefore, notAfter } as SigningKey
}

describe('the keys as they are listed', () => {
  const old = key('old', NOW - 10 * HOUR, NOW + HOUR)
  const next = key('next', NOW - 60, NOW + 10 * HOUR)
  const ended = key('ended', NOW - 20 * HOUR, NOW - 1)
  const all = new Map([old, next, ended].map((one) => [one.kid, one]))
  const keys = {
    find: (kid: string) => all.get(kid),
    jwks: () => ({ keys: [] }),
    active: () => old,
  }
  const ends = {
    keys: new Map([...all.values()].map(({ kid, notAfter }) => [kid, notAfter])),
    authorities: new Map([
      ['ca', NOW + 100],
      ['old-ca', NOW - 100],
    ]),
  }
  const options = { keys, ends, publishAhead: 300, now: NOW }

  it('tells which signs, which waits for its time and which has ended', () => {
    const listed = listedKeys({ ...options, signingKeys: keys })
    assert.deepEqual(
      listed.map(({ id, state, signsFrom }) => [id, state, signsFrom]),
      [
        ['old', 'signs', undefined],
        ['next', 'waits', NOW + 240],
        ['ended', 'expired', undefined],
        ['ca', 'trusted', undefined],
        ['old-ca', 'expired', undefined],
      ],
    )
  })

  it('lets none sign where there are public keys alone', () => {
    const listed = listedKeys({ ...options, signingKeys: undefined })
    assert.deepEqual(
      listed.slice(0, 3).map(({ state }) => state),
      ['verifies', 'verifies', 'expired'],
    )
  })
})
