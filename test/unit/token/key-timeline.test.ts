import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SigningKey } from '../../../src/token/key-set.ts'
import { keyTimelines, type KeyState } from '../../../src/token/key-timeline.ts'
import { throwAwayKey } from '../../support/signing-keys.ts'

const TIMES = { publishAhead: 100, expiry: 300, leeway: 10 }
const old = { ...(await throwAwayKey('ES256', 1000)), notAfter: 9000 }
const young = { ...(await throwAwayKey('ES256', 5000)), notAfter: 20_000 }

const states = (keys: readonly SigningKey[], at: number) =>
  keyTimelines(keys, at, TIMES).map(({ state }) => state)

describe('keyTimelines', () => {
  const MOMENTS: readonly (readonly [number, KeyState, KeyState])[] = [
    [5000, 'waits', 'signs'],
    [5099, 'waits', 'signs'],
    [5100, 'signs', 'verifies'],
    [5419, 'signs', 'verifies'],
    [5420, 'signs', 'over'],
    [9000, 'signs', 'expired'],
    [20_000, 'expired', 'expired'],
  ]
  for (const [at, ofYoung, ofOld] of MOMENTS) {
    it(`at ${at} the young one ${ofYoung}, the old one ${ofOld}`, () => {
      assert.deepEqual(states([old, young], at), [ofYoung, ofOld])
      assert.deepEqual(states([young, old], at), [ofYoung, ofOld])
    })
  }

  it('says when the young one signs and how long the old one is needed', () => {
    const [first, second] = keyTimelines([old, young], 5000, TIMES)
    assert.deepEqual([first?.signsFrom, first?.neededUntil], [5100, undefined])
    assert.deepEqual([second?.signsFrom, second?.neededUntil], [1100, 5420])
  })

  it('counts from the first successor, not from the last', () => {
    const third = { ...young, kid: 'third', notBefore: 8000 }
    assert.equal(keyTimelines([third, old, young], 8000, TIMES)[2]?.neededUntil, 5420)
  })

  it('counts no successor that never signs, as one of another algorithm', () => {
    const times = { ...TIMES, algorithm: 'RS256' as const }
    const rsa = { ...old, kid: 'rsa', algorithm: 'RS256' as const, notAfter: 40_000 }
    const next = { ...rsa, kid: 'next', notBefore: 20_000 }
    const stateOf = (at: number) =>
      keyTimelines([rsa, { ...young, notAfter: 40_000 }, next], at, times).map(
        ({ key, state, neededUntil }) => [key.kid, state, neededUntil],
      )
    assert.deepEqual(stateOf(20_099), [
      ['next', 'waits', undefined],
      [young.kid, 'verifies', undefined],
      ['rsa', 'signs', 20_420],
    ])
    assert.deepEqual(stateOf(20_100)[2], ['rsa', 'verifies', 20_420])
    assert.deepEqual(stateOf(20_420)[2], ['rsa', 'over', 20_420])
  })

  it('counts no successor that has ended, since the older one signs again', () => {
    const long = { ...old, notAfter: 40_000 }
    const short = { ...young, notAfter: 6000 }
    const third = { ...young, kid: 'third', notBefore: 8000, notAfter: 40_000 }
    const [, , oldest] = keyTimelines([long, short, third], 8100, TIMES)
    assert.deepEqual([oldest?.key, oldest?.state, oldest?.neededUntil], [long, 'verifies', 8420])
  })

  it('lets a key that is alone sign, at any time', () => {
    for (const at of [0, 1000, 1100, 8999]) assert.deepEqual(states([old], at), ['signs'])
    const [one] = keyTimelines([old], 9000, TIMES)
    assert.deepEqual([one?.state, one?.signs], ['expired', true])
  })

  it('has nothing to say of no keys', () => {
    assert.deepEqual(keyTimelines([], 0, TIMES), [])
  })
})
