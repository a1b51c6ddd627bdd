import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RauthError } from '../../../src/errors.ts'
import { createKeySet } from '../../../src/token/key-set.ts'
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
      assert.equal(createKeySet(keys).active(), young)
    }
  })

  it('signs with the same key in whatever order two come that are as new as each other', () => {
    const twin = { ...old, notBefore: young.notBefore }
    assert.equal(createKeySet([twin, young]).active(), createKeySet([young, twin]).active())
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
    assert.equal(keys.active(), old)
    assert.equal(keys.find(young.kid), undefined)
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
