import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RauthError } from '../../../src/errors.ts'
import { createKeySet, createVerificationKeySet } from '../../../src/token/key-set.ts'
import { throwAwayKey } from '../../support/signing-keys.ts'

const old = await throwAwayKey('ES256', 1000)
const middle = await throwAwayKey('RS256', 2000)
const young = await throwAwayKey('ES256', 3000)

describe('createKeySet', () => {
  it('signs with the key whose certificate is newest, whatever the order', () => {
    for (const keys of [
      [old, middle, young],
      [young, old, middle],
      [middle, young, old],
    ]) {
      assert.equal(createKeySet(keys).active(9000), young)
    }
  })

  it('signs with the same key in whatever order two come that are as new as each other', () => {
    const twin = { ...old, notBefore: young.notBefore }
    assert.equal(createKeySet([twin, young]).active(9000), createKeySet([young, twin]).active(9000))
  })

  describe('with keys that are published ahead', () => {
    const AHEAD = 300
    const ending = { ...young, notAfter: 5000 }
    const MOMENTS: readonly (readonly [
      string,
      Parameters<typeof createKeySet>[0],
      number,
      object,
    ])[] = [
      ['the old one until then', [old, young], 3299, old],
      ['the new one from then on', [old, young], 3300, young],
      ['the one before, as a third one comes', [old, middle, young], 3299, middle],
      ['one that is alone at once', [young], 3000, young],
      ['one that is alone though its certificate has not begun', [young], 2900, young],
      ['the one that has waited longest when all wait', [middle, young], 2100, middle],
      ['the older one when the newest has ended', [old, ending], 5000, old],
      [
        'the waiting one when the older has ended',
        [{ ...old, notAfter: 3100 }, young],
        3100,
        young,
      ],
      ['the newest when all have ended', [{ ...old, notAfter: 4000 }, ending], 6000, ending],
    ]
    for (const [name, given, at, wanted] of MOMENTS) {
      it(`signs with ${name}`, () => {
        assert.equal(createKeySet(given, { publishAhead: AHEAD }).active(at), wanted)
        assert.equal(createKeySet(given.toReversed(), { publishAhead: AHEAD }).active(at), wanted)
      })
    }

    it('signs with the algorithm that is wanted, and with another if there is no key for it', () => {
      const wanted = { ...old, algorithm: 'RS256' as const }
      const keys = createKeySet([wanted, young], { algorithm: 'RS256' })
      assert.equal(keys.active(9000), wanted)
      assert.equal(keys.find(young.kid), young)
      assert.equal(createKeySet([old, young], { algorithm: 'RS256' }).active(9000), young)
    })

    it('publishes and finds the one that waits', () => {
      const keys = createKeySet([old, young], { publishAhead: AHEAD })
      assert.equal(keys.active(3000), old)
      assert.equal(keys.find(young.kid), young)
      assert.deepEqual(
        keys.jwks().keys.map(({ kid }) => kid),
        [young.kid, old.kid],
      )
    })
  })

  it('finds every key by its id, and not only the one that signs', () => {
    const keys = createKeySet([old, middle, young])
    for (const key of [old, middle, young]) assert.equal(keys.find(key.kid), key)
  })

  for (const kid of ['', ' ', '__proto__', 'constructor', 'toString', `${old.kid} `]) {
    it(`finds no key by ${JSON.stringify(kid)}`, () => {
      assert.equal(createKeySet([old]).find(kid), undefined)
    })
  }

  it('publishes the public members of every key, the newest first, and nothing else', () => {
    assert.deepEqual(createKeySet([old, middle, young]).jwks(), {
      keys: [young, middle, old].map((key) => ({
        ...key.publicKey.export({ format: 'jwk' }),
        kid: key.kid,
        alg: key.algorithm,
        use: 'sig',
      })),
    })
  })

  it('publishes no private member', () => {
    const published = createKeySet([old, middle])
      .jwks()
      .keys.flatMap((jwk) => Object.keys(jwk))
    assert.deepEqual([...new Set(published)].sort(), [
      ...['alg', 'crv', 'e', 'kid', 'kty', 'n', 'use', 'x', 'y'],
    ])
  })

  it('does not change with the list that it was made from', () => {
    const given = [old]
    const keys = createKeySet(given)
    given.push(young)
    assert.equal(keys.active(9000), old)
    assert.equal(keys.find(young.kid), undefined)
  })

  it('are the same keys where none signs', () => {
    const signing = createKeySet([old, young])
    const keys = createVerificationKeySet([old, young])
    assert.deepEqual(keys.jwks(), signing.jwks())
    for (const { kid } of [old, young]) assert.equal(keys.find(kid), signing.find(kid))
    assert.equal(keys.find(middle.kid), undefined)
    assert.ok(!('active' in keys))
    assert.throws(() => createVerificationKeySet([]), /no key/)
    assert.throws(() => createVerificationKeySet([old, old]), /twice/)
  })

  const unusable: readonly (readonly [string, Parameters<typeof createKeySet>[0], RegExp])[] = [
    ['no key at all', [], /no signing key/],
    ['one key twice', [old, old], /twice/],
    ['two keys of one id', [old, { ...young, kid: old.kid }], /twice/],
  ]
  for (const [name, keys, message] of unusable) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => createKeySet(keys),
        (error) =>
          error instanceof RauthError &&
          error.code === 'ERR_KEYS_UNREADABLE' &&
          message.test(error.message),
      )
    })
  }
})
