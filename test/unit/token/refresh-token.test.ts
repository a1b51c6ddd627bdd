import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { createIssuer } from '../../../src/token/issuer.ts'
import { createKeySet } from '../../../src/token/key-set.ts'
import { createRefreshTokens, refreshAudience } from '../../../src/token/refresh-token.ts'
import { createVerifier } from '../../../src/token/verifier.ts'
import { compactJws, throwAwayKey } from '../../support/signing-keys.ts'

const NOW = 1_800_000_000
const EXPIRY = 3600
const LEEWAY = 10
const SERVICE = 'internal-registry.io'
const key = await throwAwayKey('ES256')
const stranger = await throwAwayKey('ES256')
const HOLDER = {
  account: 'team-a',
  credentials: [{ id: 'team-a/registry-credentials', generation: 'g1' }],
}

function refreshTokens({ now = NOW, expiry = EXPIRY, keys = createKeySet([key]) } = {}) {
  const clock = () => now
  return createRefreshTokens({ ...{ keys, clock, issuer: 'rauth', expiry, leeway: LEEWAY } })
}

async function made(): Promise<string> {
  return (await refreshTokens().issue('id-1', SERVICE, HOLDER)) ?? assert.fail('none was made')
}

const TOKEN = await made()
const HEADER = { alg: 'ES256', typ: 'rauth-refresh+jwt', kid: key.kid }
const PAYLOAD = {
  iss: 'rauth',
  sub: 'team-a',
  aud: refreshAudience(SERVICE),
  exp: NOW + EXPIRY,
  iat: NOW,
  jti: 'id-1',
  rauth: { cred: [['team-a/registry-credentials', 'g1']] },
}

/** Why it is refused; `undefined` if it is taken. */
function flawOf(token: string, setup = {}, service = SERVICE): string | undefined {
  const result = refreshTokens(setup).verify(token, service)
  if (result.ok) return undefined
  assert.equal(result.refusal.reason, 'refresh_token_invalid')
  return result.refusal.detail
}

describe('refresh tokens', () => {
  it('say whom they stand for, which service they are for, and nothing else', () => {
    assert.deepEqual(decodeProtectedHeader(TOKEN), HEADER)
    assert.deepEqual(decodeJwt(TOKEN), PAYLOAD)
    assert.deepEqual(refreshTokens().verify(TOKEN, SERVICE), {
      ok: true,
      value: { id: 'id-1', ...HOLDER },
    })
  })

  const signed = (header: object, payload: object) =>
    compactJws(key, { ...HEADER, ...header }, { ...PAYLOAD, ...payload })
  const without = (name: keyof typeof PAYLOAD) =>
    compactJws(
      key,
      HEADER,
      Object.fromEntries(Object.entries(PAYLOAD).filter(([one]) => one !== name)),
    )

  it('are taken as they are made, whoever makes them', () => {
    assert.equal(flawOf(signed({}, {})), undefined)
  })

  const BAD: readonly (readonly [what: string, flaw: string, token: string])[] = [
    ['nothing', 'spelling', ''],
    ['words', 'spelling', 'refresh me'],
    ['too much', 'too long', 'a'.repeat(3001)],
    ['the typ of an access token', 'header', signed({ typ: 'JWT' }, {})],
    ['no typ', 'header', signed({ typ: undefined }, {})],
    ['a typ in other letters', 'header', signed({ typ: 'Rauth-Refresh+JWT' }, {})],
    ['the key of somebody else', 'signature', compactJws(stranger, HEADER, PAYLOAD)],
    ['a key that is unknown', 'key unknown', compactJws(stranger, { ...HEADER, kid: stranger.kid }, PAYLOAD)], // prettier-ignore
    ['another algorithm', 'algorithm', signed({ alg: 'none' }, {})],
    ['another issuer', 'issuer', signed({}, { iss: 'rauth2' })],
    ['the service itself for an audience', 'audience', signed({}, { aud: SERVICE })],
    ['another service', 'audience', signed({}, { aud: refreshAudience('other') })],
    ['two audiences', 'claims', signed({}, { aud: [refreshAudience(SERVICE)] })],
    ['a longer life', 'lifetime', signed({}, { exp: NOW + EXPIRY + 1 })],
    ['no life', 'lifetime', signed({}, { exp: NOW })],
    ['a time to come', 'issued in the future', signed({}, { iat: NOW + LEEWAY + 1 })],
    ['a time that is over', 'expired', signed({}, { iat: NOW - 100, exp: NOW - LEEWAY })],
    ['no credential', 'claims', signed({}, { rauth: { cred: [] } })],
    ['namespaces of its own', 'claims', signed({}, { rauth: { ...PAYLOAD.rauth, ns: ['team-b'] } })], // prettier-ignore
    ['access of its own', 'claims', signed({}, { access: [] })],
    ['nobody', 'claims', signed({}, { sub: '' })],
    ...(Object.keys(PAYLOAD) as (keyof typeof PAYLOAD)[]).map(
      (name) => [`no ${name}`, 'claims', without(name)] as const,
    ),
  ]
  for (const [what, flaw, token] of BAD) {
    it(`are refused with ${what}: ${flaw}`, () => {
      assert.equal(flawOf(token), flaw)
    })
  }

  it('are bound to their service', () => {
    assert.equal(flawOf(TOKEN, {}, 'other-registry.io'), 'audience')
    assert.equal(flawOf(TOKEN, {}, ''), 'audience')
  })

  it('end with their time, with a shorter one for all, and with the key that signed them', () => {
    assert.equal(flawOf(TOKEN, { now: NOW + EXPIRY + LEEWAY - 1 }), undefined)
    assert.equal(flawOf(TOKEN, { now: NOW + EXPIRY + LEEWAY }), 'expired')
    assert.equal(flawOf(TOKEN, { now: NOW - LEEWAY }), undefined)
    assert.equal(flawOf(TOKEN, { expiry: EXPIRY - 1 }), 'lifetime')
    assert.equal(flawOf(TOKEN, { keys: createKeySet([stranger]) }), 'key unknown')
    assert.equal(flawOf(TOKEN, { keys: createKeySet([stranger, key]) }), undefined)
  })

  it('are no access tokens, and access tokens none of them', async () => {
    const keys = createKeySet([key])
    const verifier = createVerifier({
      ...{
        keys,
        clock: () => NOW,
        issuer: 'rauth',
        audiences: [SERVICE, refreshAudience(SERVICE)],
      },
      ...{ leeway: LEEWAY, maxLifetime: EXPIRY, cacheSize: 10 },
    })
    for (const token of [
      TOKEN,
      signed({ typ: 'JWT' }, {}),
      signed({ typ: 'JWT' }, { aud: SERVICE }),
    ]) {
      assert.equal(verifier.verify(token).ok, false)
    }
    const { token } = await createIssuer({ keys, x5c: false }).sign({
      ...{ issuer: 'rauth', subject: 'team-a', audience: SERVICE, id: 'id-1', access: [] },
      ...{ issuedAt: NOW, notBefore: NOW, expiresAt: NOW + 300 },
      ...{ namespaces: ['team-a'], credentials: HOLDER.credentials },
    })
    assert.ok(verifier.verify(token).ok)
    assert.equal(flawOf(token), 'header')
  })

  it('are not made when clients could not present them', async () => {
    const credentials = Array.from({ length: 60 }, (_, i) => ({
      ...{ id: `team-${i}/registry-credentials`, generation: 'AAAAAAAAAAAAAAAA' },
    }))
    assert.equal(
      await refreshTokens().issue('id-1', SERVICE, { ...HOLDER, credentials }),
      undefined,
    )
    const some = { ...HOLDER, credentials: credentials.slice(0, 20) }
    const token = await refreshTokens().issue('id-1', SERVICE, some)
    assert.ok(token !== undefined && token.length <= 3000)
    assert.equal(flawOf(token), undefined)
  })
})
