import assert from 'node:assert/strict'
import { constants, createHmac, createPublicKey, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Result } from '../../../src/refusal.ts'
import { ALGORITHM_NAMES } from '../../../src/token/algorithms.ts'
import { claimsToPayload, type ClaimSet } from '../../../src/token/claims.ts'
import { createIssuer } from '../../../src/token/issuer.ts'
import { createKeySet, type KeySet, type SigningKey } from '../../../src/token/key-set.ts'
import { createVerifier, type VerifiedToken } from '../../../src/token/verifier.ts'
import { certifiedKey, throwAwayAuthority } from '../../support/certified-keys.ts'
import { compactJws, part, throwAwayKey } from '../../support/signing-keys.ts'

/** Any moment will do. */
const NOW = 1_800_000_000
const LEEWAY = 10
const LIFETIME = 300
const SERVICE = 'internal-registry.io'

const everyAlgorithm = async () => ({
  ES256: await throwAwayKey('ES256'),
  ES384: await throwAwayKey('ES384'),
  RS256: await throwAwayKey('RS256'),
  EdDSA: await throwAwayKey('EdDSA'),
})

const KEYS = await everyAlgorithm()
const stranger = await everyAlgorithm()

const CLAIMS: ClaimSet = {
  issuer: 'rauth',
  subject: 'team-a',
  audience: SERVICE,
  expiresAt: NOW + LIFETIME,
  notBefore: NOW,
  issuedAt: NOW,
  id: 'f3b7b0a2-0b57-4c4e-9d5d-6b5b0a7a1c11',
  access: [{ type: 'repository', name: 'team-a/app', actions: ['pull', 'push'] }],
  namespaces: ['team-a'],
  credentials: [{ id: 'team-a/registry-credentials', generation: 'g1' }],
}
const PAYLOAD = claimsToPayload(CLAIMS)

interface Setup {
  keys?: KeySet
  clock?: () => number
  cacheSize?: number
  audiences?: readonly string[]
  onLookup?: (known: boolean) => void
}

function verifier({
  keys = createKeySet(Object.values(KEYS)),
  clock = () => NOW,
  cacheSize = 100,
  audiences = [SERVICE],
  onLookup = () => undefined,
}: Setup = {}) {
  const made = createVerifier({
    ...{ keys, clock, cacheSize, audiences, onLookup },
    ...{ issuer: 'rauth', leeway: LEEWAY, maxLifetime: LIFETIME },
  })
  return { verify: (text: string) => made.verify(text) }
}

const headerOf = ({ algorithm, kid }: SigningKey) => ({ alg: algorithm, typ: 'JWT', kid })

/** A token with a good signature, whatever is in it. */
const token = (key: SigningKey, header: object | string = {}, payload: object | string = {}) =>
  compactJws(
    key,
    typeof header === 'string' ? header : { ...headerOf(key), ...header },
    typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : { ...PAYLOAD, ...payload },
  )

/** Why it was refused; fails for any reason but `token_invalid`. */
function refusalOf(result: Result<VerifiedToken>): string | undefined {
  if (result.ok) return undefined
  const { reason, detail, ...more } = result.refusal
  assert.equal(reason, 'token_invalid')
  assert.deepEqual(more, {})
  return detail
}

const without = (name: string, from: object) =>
  JSON.stringify(Object.fromEntries(Object.entries(from).filter(([key]) => key !== name)))

const split = (text: string) => {
  const [header = '', payload = '', signature = ''] = text.split('.')
  return { header, payload, signature }
}

type Row = readonly [name: string, detail: string, token: string]

/** threats.md §2: what a header must not be. All are signed with the good key unless they say. */
function headerRows(key: SigningKey): readonly Row[] {
  const other = key.algorithm === 'ES256' ? KEYS.RS256 : KEYS.ES256
  const attacker = stranger[key.algorithm]
  const attackerJwk = attacker.publicKey.export({ format: 'jwk' })
  const good = headerOf(key)
  const header = JSON.stringify(good)
  const body = part(PAYLOAD)
  const hmac = (secret: string | Buffer, alg = 'HS256') => {
    const input = `${part({ ...good, alg })}.${body}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const spki = { type: 'spki', format: 'pem' } as const
  return [
    ...['none', 'None', 'NONE', 'nOnE'].flatMap((alg): Row[] => [
      [`alg ${alg} without a signature`, 'spelling', `${part({ ...good, alg })}.${body}.`],
      [`alg ${alg} with a good signature`, 'algorithm', token(key, { alg })],
    ]),
    ['no alg', 'algorithm', token(key, without('alg', good))],
    ...['ES256K', 'ES384', 'ES512', 'ES521', 'RS1', 'RS384', 'RS512', 'PS256', 'EdDSA', '']
      .filter((alg) => alg !== key.algorithm)
      .map((alg): Row => [`alg ${alg}`, 'algorithm', token(key, { alg })]),
    [`alg ${other.algorithm}`, 'algorithm', token(key, { alg: other.algorithm })],
    ['alg in lower case', 'algorithm', token(key, { alg: key.algorithm.toLowerCase() })],
    ['alg in a list', 'algorithm', token(key, { alg: [key.algorithm] })],
    ['HS256 keyed with the public PEM', 'algorithm', hmac(String(key.publicKey.export(spki)))],
    [
      'HS256 keyed with the public JWK',
      'algorithm',
      hmac(JSON.stringify(key.publicKey.export({ format: 'jwk' }))),
    ],
    [
      'HS256 keyed with the public DER',
      'algorithm',
      hmac(key.publicKey.export({ type: 'spki', format: 'der' })),
    ],
    [
      'an HMAC under the public PEM that calls itself what the key is',
      'signature',
      hmac(String(key.publicKey.export(spki)), key.algorithm),
    ],

    [
      "the jwk of another key beside that key's signature",
      'header',
      compactJws(attacker, { ...good, jwk: attackerJwk }, PAYLOAD),
    ],
    [
      'the jwk of another key under our kid, signed by that key',
      'header',
      compactJws(attacker, { ...good, jwk: { ...attackerJwk, kid: key.kid } }, PAYLOAD),
    ],
    [
      'the jwk of the key itself',
      'header',
      token(key, { jwk: key.publicKey.export({ format: 'jwk' }) }),
    ],
    ...['jku', 'x5u'].map((name): Row => [
      name,
      'header',
      token(key, { [name]: 'http://127.0.0.1:1/jwks' }),
    ]),
    ...['x5t', 'x5t#S256', 'cty', 'zip', 'enc', 'epk', 'kId', ''].map((name): Row => [
      `the parameter "${name}"`,
      'header',
      token(key, { [name]: 'JWT' }),
    ]),
    ['an x5c that is of another key', 'x5c', token(key, { x5c: attacker.chain })],
    ['an x5c with one certificate more', 'x5c', token(key, { x5c: [...key.chain, 'AA=='] })],
    ['an empty x5c', 'x5c', token(key, { x5c: [] })],
    ['an x5c that is null', 'x5c', token(key, { x5c: null })],
    ['an x5c that is no list', 'x5c', token(key, { x5c: key.chain[0] })],
    [
      "another key's x5c beside that key's signature",
      'x5c',
      compactJws(attacker, { ...good, x5c: attacker.chain }, PAYLOAD),
    ],

    ['no kid', 'header', token(key, without('kid', good))],
    ['a list as kid', 'header', token(key, { kid: [key.kid] })],
    ['an object as kid', 'header', token(key, { kid: { toString: key.kid } })],
    ['null as kid', 'header', token(key, { kid: null })],
    ['a number as kid', 'header', token(key, { kid: 0 })],
    ...['', 'unknown', '__proto__', 'constructor', '../signing', '/dev/null', "' OR 1=1 --"].map(
      (kid): Row => [`the kid ${JSON.stringify(kid)}`, 'key unknown', token(key, { kid })],
    ),
    ['a kid with a space behind', 'key unknown', token(key, { kid: `${key.kid} ` })],
    ['a kid with a NUL behind', 'key unknown', token(key, { kid: `${key.kid}\0` })],
    ['a kid of 1 MB', 'too long', token(key, { kid: 'k'.repeat(1 << 20) })],
    ['the kid of another key', 'algorithm', token(key, { kid: other.kid })],
    [
      'the kid and the algorithm of another key',
      'signature',
      token(key, { kid: other.kid, alg: other.algorithm }),
    ],
    ["a stranger's kid and signature", 'key unknown', token(attacker)],
    ["a stranger's signature under our kid", 'signature', compactJws(attacker, good, PAYLOAD)],

    ['crit', 'header', token(key, { crit: ['exp'] })],
    ['an empty crit', 'header', token(key, { crit: [] })],
    ['b64 false', 'header', token(key, { b64: false })],
    ['b64 false that is critical', 'header', token(key, { b64: false, crit: ['b64'] })],
    ['no typ', 'header', token(key, without('typ', good))],
    ...['jwt', 'JOSE', 'at+jwt', 'refresh+jwt', 'application/jwt', ''].map((typ): Row => [
      `typ "${typ}"`,
      'header',
      token(key, { typ }),
    ]),
    ['typ in a list', 'header', token(key, { typ: ['JWT'] })],
    ['a second alg in the header', 'header', token(key, header.replace('{', '{"alg":"none",'))],
    ['a second kid in the header', 'header', token(key, header.replace('}', ',"kid":"x"}'))],
    ['a byte order mark before the header', 'header', token(key, `\ufeff${header}`)],
    ['white space in the header', 'header', token(key, header.replace(':', ': '))],
    ['__proto__ in the header', 'header', token(key, header.replace('}', ',"__proto__":{}}'))],
    ['a header that is no JSON', 'header', token(key, 'x')],
    ['a header that is no object', 'header', token(key, '"JWT"')],
    ['a header that is a list', 'header', token(key, `[${header}]`)],
    ['a header that is null', 'header', token(key, 'null')],
    ['a header that is deep', 'header', token(key, '['.repeat(2000) + ']'.repeat(2000))],
    ['a header of 60,000 levels', 'too long', token(key, '['.repeat(60_000) + ']'.repeat(60_000))],
  ]
}

/** threats.md §2: what claims must not be. All have a good header and a good signature. */
function claimRows(key: SigningKey): readonly Row[] {
  const text = JSON.stringify(PAYLOAD)
  const raw = (payload: string): string => token(key, {}, payload)
  const swap = (name: string, json: string) =>
    raw(text.replace(new RegExp(`"${name}":[^,]+`), `"${name}":${json}`))
  const resource = { type: 'repository', name: 'team-a/app', actions: ['pull'] }
  const access = (value: unknown) => token(key, {}, { access: value })
  const invalidUtf8 = Buffer.from(text.replace('team-a', 'team-\xff'), 'latin1')
  return [
    ...Object.keys(PAYLOAD).map((name): Row => [
      `no ${name}`,
      'claims',
      raw(without(name, PAYLOAD)),
    ]),
    ['an exp of 1e400', 'claims', swap('exp', '1e400')],
    ['an exp of the year 9999', 'lifetime', swap('exp', '253370764800')],
    ['an exp that is a string', 'claims', swap('exp', `"${String(NOW + LIFETIME)}"`)],
    ['a negative exp', 'claims', swap('exp', '-1')],
    ['an exp with a fraction', 'claims', swap('exp', `${String(NOW)}.5`)],
    ['an exp with a fraction of zero', 'claims', swap('exp', `${String(NOW + 1)}.0`)],
    ['an exp in exponent form', 'claims', swap('exp', '18e8')],
    ['an exp beyond the safe integers', 'claims', swap('exp', '9007199254740993')],
    ['an exp of null', 'claims', swap('exp', 'null')],
    ['an exp of true', 'claims', swap('exp', 'true')],
    ['an exp in a list', 'claims', swap('exp', `[${String(NOW + LIFETIME)}]`)],
    ['an exp of -0', 'claims', swap('exp', '-0')],
    ['an exp that is over', 'expired', token(key, {}, { iat: NOW - 99, exp: NOW - LEEWAY })],
    ['an exp at its iat', 'lifetime', token(key, {}, { exp: NOW })],
    ['an exp before its iat', 'lifetime', token(key, {}, { exp: NOW - 1 })],
    ['a lifetime beyond the issued', 'lifetime', token(key, {}, { exp: NOW + LIFETIME + 1 })],
    ['an exp in milliseconds', 'lifetime', token(key, {}, { exp: (NOW + LIFETIME) * 1000 })],
    ['an nbf in the future', 'not valid yet', token(key, {}, { nbf: NOW + LEEWAY + 1 })],
    ['an nbf that is a string', 'claims', token(key, {}, { nbf: String(NOW) })],
    [
      'an iat in the future',
      'issued in the future',
      token(key, {}, { iat: NOW + LEEWAY + 1, exp: NOW + LEEWAY + 2 }),
    ],
    ['an iat of long ago', 'lifetime', token(key, {}, { iat: 0 })],
    ['an aud that is a list with ours', 'claims', token(key, {}, { aud: [SERVICE] })],
    ['another aud', 'audience', token(key, {}, { aud: 'other-registry.io' })],
    ['an aud in other case', 'audience', token(key, {}, { aud: SERVICE.toUpperCase() })],
    ['an aud with ours at its start', 'audience', token(key, {}, { aud: `${SERVICE}/` })],
    ['an empty aud', 'claims', token(key, {}, { aud: '' })],
    ['an iss with a slash behind', 'issuer', token(key, {}, { iss: 'rauth/' })],
    ['another iss', 'issuer', token(key, {}, { iss: 'someone' })],
    ['an empty iss', 'claims', token(key, {}, { iss: '' })],
    ['an iss in a list', 'claims', token(key, {}, { iss: ['rauth'] })],
    ['a sub that is an object', 'claims', token(key, {}, { sub: { ns: 'team-a' } })],
    ['an empty sub', 'claims', token(key, {}, { sub: '' })],
    ['a sub that is a list', 'claims', token(key, {}, { sub: ['team-a'] })],
    ['an access that is no list', 'claims', access(resource)],
    ['an access that is a scope', 'claims', access('repository:team-a/app:pull')],
    ['a name that is no string', 'claims', access([{ ...resource, name: ['team-a/app'] }])],
    ['actions that are a string', 'claims', access([{ ...resource, actions: '*' }])],
    [
      'an access of 65 entries',
      'claims',
      access(
        Array.from({ length: 65 }, () => ({
          type: 'a',
          name: 'b',
          actions: [],
        })),
      ),
    ],
    [
      'an access of 10,000 entries',
      'too long',
      access(Array.from({ length: 10_000 }, () => resource)),
    ],
    ['an access with a member more', 'claims', access([{ ...resource, class: 'plugin' }])],
    ['a sub twice', 'claims', raw(text.replace('"sub":', '"sub":"team-b","sub":'))],
    [
      'a sub twice, the second escaped',
      'claims',
      raw(text.replace('"sub":', '"s\\u0075b":"x","sub":')),
    ],
    ['an escaped name', 'claims', raw(text.replace('"sub":', '"s\\u0075b":'))],
    ['an escaped slash', 'claims', raw(text.replace('team-a/app', 'team-a\\/app'))],
    ['a byte order mark before the claims', 'claims', raw(`\ufeff${text}`)],
    ['white space before the claims', 'claims', raw(` ${text}`)],
    ['a newline behind the claims', 'claims', raw(`${text}\n`)],
    ['a second value behind the claims', 'claims', raw(`${text}{}`)],
    ['__proto__ among the claims', 'claims', raw(text.replace('{', '{"__proto__":{"sub":"x"},'))],
    [
      'sub in __proto__ only',
      'claims',
      raw(text.replace('"sub":"team-a"', '"__proto__":{"sub":"team-a"}')),
    ],
    ['a claim more', 'claims', token(key, {}, { scope: 'openid' })],
    ['bytes that are not UTF-8', 'claims', compactJws(key, headerOf(key), invalidUtf8)],
    ['claims that are no JSON', 'claims', raw('x')],
    ['claims that are a list', 'claims', raw(`[${text}]`)],
    ['claims that are null', 'claims', raw('null')],
    ['claims in UTF-16', 'claims', compactJws(key, headerOf(key), Buffer.from(text, 'utf16le'))],
    ['a nested token', 'claims', raw(token(key))],
    ['deep claims', 'claims', raw('['.repeat(2000) + ']'.repeat(2000))],
  ]
}

/** Other spellings of a good token, none of which is one. */
function spellingRows(key: SigningKey): readonly Row[] {
  const good = token(key)
  const { header, payload, signature } = split(good)
  const json = { payload, signatures: [{ protected: header, signature }] }
  const dotted = (index: number, text: string) => good.slice(0, index) + text + good.slice(index)
  return [
    ['the empty token', 'spelling', ''],
    ['two dots', 'spelling', '..'],
    ['two parts', 'spelling', `${header}.${payload}`],
    ['no signature', 'spelling', `${header}.${payload}.`],
    ['no claims', 'spelling', `${header}..${signature}`],
    ['four parts', 'spelling', `${good}.${signature}`],
    ['four parts, one empty', 'spelling', `${good}.`],
    ['five parts, as an encrypted token has', 'spelling', `${good}.${payload}.${signature}`],
    ['JSON serialisation', 'spelling', JSON.stringify(json)],
    [
      'flattened JSON serialisation',
      'spelling',
      JSON.stringify({ payload, protected: header, signature }),
    ],
    ...['\n', '\r\n', ' ', '\t', '\0', '=', '==', ',', ';', '"', '\u00a0', '%0a', '\u2028'].flatMap(
      (text): Row[] => [
        [`${JSON.stringify(text)} behind`, 'spelling', `${good}${text}`],
        [`${JSON.stringify(text)} before`, 'spelling', `${text}${good}`],
        [`${JSON.stringify(text)} inside`, 'spelling', dotted(5, text)],
        [`${JSON.stringify(text)} behind the header`, 'spelling', dotted(header.length, text)],
      ],
    ),
    ['the scheme before', 'spelling', `Bearer ${good}`],
    [
      '8193 characters',
      'too long',
      `${header}.${payload}.${'A'.repeat(8191 - header.length - payload.length)}`,
    ],
    ['a million dots', 'too long', '.'.repeat(1_000_000)],
    ['a full-width dot', 'spelling', `${header}\uff0e${payload}.${signature}`],
    ['the parts in another order', 'header', `${payload}.${header}.${signature}`],
  ]
}

describe('createVerifier', () => {
  it('says of each token whether its signature was known', () => {
    const told: boolean[] = []
    const { verify } = verifier({ onLookup: (known) => told.push(known) })
    const good = token(KEYS.ES256)
    const bad = `${good}A`
    for (const text of [good, good, bad, bad]) verify(text)
    assert.deepEqual(told, [false, true, false, false])
  })

  for (const algorithm of ALGORITHM_NAMES) {
    const key = KEYS[algorithm]

    describe(`with ${algorithm}`, () => {
      it('accepts what the issuer signs, with and without the certificate chain', async () => {
        for (const x5c of [true, false]) {
          const keys = createKeySet([key])
          const { token: signed } = await createIssuer({ keys, x5c }).sign(CLAIMS)
          assert.deepEqual(verifier({ keys }).verify(signed), {
            ok: true,
            value: { claims: CLAIMS, keyId: key.kid },
          })
        }
      })

      it('accepts the token that the rows below are made from', () => {
        assert.equal(refusalOf(verifier().verify(token(key))), undefined)
        assert.equal(refusalOf(verifier().verify(token(key, { x5c: key.chain }))), undefined)
      })

      for (const [name, detail, text] of [
        ...headerRows(key),
        ...claimRows(key),
        ...spellingRows(key),
      ]) {
        it(`refuses ${name}`, () => {
          assert.equal(refusalOf(verifier().verify(text)), detail)
        })
      }

      it('refuses the other base64 alphabet', () => {
        // Some of these have one of the two characters in their signature.
        const spelled = Array.from({ length: 8 }, (_, i) =>
          token(key, {}, { jti: `id-${String(i)}` }),
        )
          .map((good) => [good, good.replaceAll('-', '+').replaceAll('_', '/')] as const)
          .filter(([good, other]) => good !== other)
        assert.ok(spelled.length > 0)
        for (const [good, other] of spelled) {
          assert.equal(refusalOf(verifier().verify(good)), undefined)
          assert.equal(refusalOf(verifier().verify(other)), 'spelling')
        }
      })

      it('refuses every other last character of a part, also one that decodes to the same bytes', () => {
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        const good = token(key)
        const { header, payload, signature } = split(good)
        let same = 0
        for (const last of alphabet) {
          const variants = [
            [`${header.slice(0, -1)}${last}`, payload, signature],
            [header, `${payload.slice(0, -1)}${last}`, signature],
            [header, payload, `${signature.slice(0, -1)}${last}`],
          ]
          for (const variant of variants.map((parts) => parts.join('.'))) {
            if (variant === good) continue
            assert.notEqual(refusalOf(verifier().verify(variant)), undefined, last)
          }
          const other = Buffer.from(`${signature.slice(0, -1)}${last}`, 'base64url')
          if (other.equals(Buffer.from(signature, 'base64url'))) same += 1
        }
        // 64 and 256 bytes leave four bits of the last character over, 96 bytes none.
        assert.equal(same, signature.length % 4 === 0 ? 1 : 16, 'spellings of one signature')
      })

      it('refuses a token whose parts are of two good tokens', () => {
        const one = split(token(key))
        const two = split(token(key, { x5c: key.chain }, { sub: 'team-b' }))
        const { verify } = verifier()
        for (const header of [one.header, two.header]) {
          for (const payload of [one.payload, two.payload]) {
            for (const signature of [one.signature, two.signature]) {
              const text = [header, payload, signature].join('.')
              const good = [one, two].some((of) => Object.values(of).join('.') === text)
              assert.equal(refusalOf(verify(text)), good ? undefined : 'signature')
            }
          }
        }
      })

      it('refuses a signature of any other length', () => {
        const { header, payload, signature } = split(token(key))
        const bytes = Buffer.from(signature, 'base64url')
        for (const other of [
          bytes.subarray(1),
          bytes.subarray(0, -1),
          bytes.subarray(0, bytes.length / 2),
          Buffer.concat([bytes, Buffer.of(0)]),
          Buffer.concat([Buffer.of(0), bytes]),
          Buffer.concat([bytes, bytes]),
          Buffer.of(0),
        ]) {
          const text = `${header}.${payload}.${other.toString('base64url')}`
          assert.equal(refusalOf(verifier().verify(text)), 'signature', String(other.length))
        }
      })

      it('refuses a good token with any one byte changed', () => {
        const good = token(key)
        const { verify } = verifier()
        fc.assert(
          fc.property(
            fc.nat({ max: good.length - 1 }),
            fc.integer({ min: 0, max: 255 }),
            (index, code) => {
              const character = String.fromCharCode(code)
              fc.pre(good[index] !== character)
              const changed = good.slice(0, index) + character + good.slice(index + 1)
              assert.notEqual(refusalOf(verify(changed)), undefined)
            },
          ),
          { numRuns: 500 },
        )
        assert.equal(refusalOf(verify(good)), undefined)
      })

      it('refuses a good token with one byte more or less', () => {
        const good = token(key)
        const { verify } = verifier()
        fc.assert(
          fc.property(
            fc.nat({ max: good.length - 1 }),
            fc.stringMatching(/^[A-Za-z0-9._-]$/),
            (index, character) => {
              const more = good.slice(0, index) + character + good.slice(index)
              const less = good.slice(0, index) + good.slice(index + 1)
              assert.notEqual(refusalOf(verify(more)), undefined)
              assert.notEqual(refusalOf(verify(less)), undefined)
            },
          ),
          { numRuns: 200 },
        )
      })
    })
  }

  describe('with ES256 alone', () => {
    const key = KEYS.ES256
    const { header, payload, signature } = split(token(key))
    const bytes = Buffer.from(signature, 'base64url')
    const order = Buffer.from(
      'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
      'hex',
    )
    const zero = Buffer.alloc(32)
    const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)]
    const der = sign('sha256', Buffer.from(`${header}.${payload}`), key.privateKey)

    const values: readonly (readonly [string, Buffer])[] = [
      ['DER instead of r and s', der],
      ['r = s = 0', Buffer.alloc(64)],
      ['r = 0', Buffer.concat([zero, s])],
      ['s = 0', Buffer.concat([r, zero])],
      ['r = s = 1', Buffer.concat([zero, zero]).fill(1, 31, 32).fill(1, 63)],
      ['r = n', Buffer.concat([order, s])],
      ['s = n', Buffer.concat([r, order])],
      ['r = s = n', Buffer.concat([order, order])],
      ['r = s = 2^256 - 1', Buffer.alloc(64, 0xff)],
      ['r and s exchanged', Buffer.concat([s, r])],
      ['63 bytes', bytes.subarray(0, 63)],
      ['65 bytes', Buffer.concat([bytes, Buffer.of(0)])],
      ['DER filled up to 64 bytes', Buffer.concat([der, zero]).subarray(0, 64)],
    ]
    for (const [name, value] of values) {
      it(`refuses a signature with ${name}`, () => {
        const text = `${header}.${payload}.${value.toString('base64url')}`
        assert.equal(refusalOf(verifier().verify(text)), 'signature')
      })
    }
  })

  it('refuses a P-384 signature with r or s out of range', () => {
    const { header, payload, signature } = split(token(KEYS.ES384))
    const bytes = Buffer.from(signature, 'base64url')
    const order = Buffer.from(
      'ffffffffffffffffffffffffffffffffffffffffffffffff' +
        'c7634d81f4372ddf581a0db248b0a77aecec196accc52973',
      'hex',
    )
    const [r, s] = [bytes.subarray(0, 48), bytes.subarray(48)]
    for (const value of [
      Buffer.alloc(96),
      Buffer.concat([order, s]),
      Buffer.concat([r, order]),
      Buffer.concat([s, r]),
      Buffer.alloc(96, 0xff),
    ]) {
      const text = `${header}.${payload}.${value.toString('base64url')}`
      assert.equal(refusalOf(verifier().verify(text)), 'signature')
    }
  })

  // RFC 8032 §5.1.7: S is below the order, or each signature has a second spelling.
  it('refuses an Ed25519 signature whose S is the order more', () => {
    const { header, payload, signature } = split(token(KEYS.EdDSA))
    const bytes = Buffer.from(signature, 'base64url')
    const number = (little: Buffer) => BigInt(`0x${Buffer.from(little).reverse().toString('hex')}`)
    const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n
    const s = number(bytes.subarray(32)) + order
    const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
    const value = Buffer.concat([bytes.subarray(0, 32), other])
    assert.equal(value.length, 64)
    const text = `${header}.${payload}.${value.toString('base64url')}`
    assert.equal(refusalOf(verifier().verify(text)), 'signature')
  })

  it('trusts no other leaf of the CA, by its own kid or under ours', async () => {
    const authority = await throwAwayAuthority()
    const [own, sibling] = [
      await certifiedKey(authority, 'ES256'),
      await certifiedKey(authority, 'ES256'),
    ]
    const { verify } = verifier({ keys: createKeySet([own]) })
    const x5c = sibling.chain
    assert.equal(refusalOf(verify(token(own, { x5c: own.chain }))), undefined)
    assert.equal(refusalOf(verify(token(sibling, { x5c }))), 'key unknown')
    assert.equal(refusalOf(verify(token(sibling, { x5c, kid: own.kid }))), 'x5c')
    assert.equal(refusalOf(verify(token(sibling, { kid: own.kid }))), 'signature')
    assert.equal(refusalOf(verify(token(own, { x5c }))), 'x5c')
    assert.equal(refusalOf(verify(token(own, { x5c: [...own.chain, ...x5c] }))), 'x5c')
  })

  it('refuses an RSA-PSS signature under RS256', () => {
    const key = KEYS.RS256
    const input = `${part(headerOf(key))}.${part(PAYLOAD)}`
    const options = { key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }
    const signature = sign('sha256', Buffer.from(input), options).toString('base64url')
    assert.equal(refusalOf(verifier().verify(`${input}.${signature}`)), 'signature')
  })

  it('refuses an RSA signature over another hash', () => {
    const key = KEYS.RS256
    const input = `${part(headerOf(key))}.${part(PAYLOAD)}`
    for (const hash of ['sha1', 'sha384', 'sha512']) {
      const signature = sign(hash, Buffer.from(input), key.privateKey).toString('base64url')
      assert.equal(refusalOf(verifier().verify(`${input}.${signature}`)), 'signature', hash)
    }
  })

  it('accepts a token of every service that it serves, and of no other', () => {
    const { verify } = verifier({ audiences: ['one', 'two'] })
    const of = (aud: string) => refusalOf(verify(token(KEYS.ES256, {}, { aud })))
    assert.deepEqual(['one', 'two', 'one,two', SERVICE].map(of), [
      undefined,
      undefined,
      'audience',
      'audience',
    ])
  })

  const MOMENTS: readonly (readonly [string, number, string | undefined])[] = [
    ['at the second of its issue', NOW, undefined],
    ['before its issue within the leeway', NOW - LEEWAY, undefined],
    ['before its issue beyond the leeway', NOW - LEEWAY - 0.001, 'not valid yet'],
    ['at its end', NOW + LIFETIME, undefined],
    ['after its end within the leeway', NOW + LIFETIME + LEEWAY - 0.001, undefined],
    ['after its end beyond the leeway', NOW + LIFETIME + LEEWAY, 'expired'],
  ]
  for (const [name, moment, detail] of MOMENTS) {
    it(`${detail === undefined ? 'accepts' : 'refuses'} a token ${name}`, () => {
      assert.equal(refusalOf(verifier({ clock: () => moment }).verify(token(KEYS.ES256))), detail)
    })
  }

  describe('with a token that it remembers', () => {
    const key = KEYS.ES256
    const good = token(key)

    it('gives the same answer again', () => {
      const { verify } = verifier()
      assert.deepEqual(verify(good), verify(good))
    })

    it('refuses it once it has expired, and again, and accepts it when the clock is set back', () => {
      let now = NOW
      const { verify } = verifier({ clock: () => now })
      assert.equal(refusalOf(verify(good)), undefined)
      now = NOW + LIFETIME + LEEWAY
      assert.equal(refusalOf(verify(good)), 'expired')
      assert.equal(refusalOf(verify(good)), 'expired')
      now = NOW
      assert.equal(refusalOf(verify(good)), undefined)
      now = NOW - 1000
      assert.equal(refusalOf(verify(good)), 'not valid yet')
    })

    it('refuses it once its key is gone, and accepts it when the key is back', () => {
      let keys = createKeySet([key])
      const { verify } = verifier({ keys: swapped(() => keys) })
      assert.equal(refusalOf(verify(good)), undefined)
      keys = createKeySet([stranger.ES256])
      assert.equal(refusalOf(verify(good)), 'key unknown')
      assert.equal(refusalOf(verify(good)), 'key unknown')
      keys = createKeySet([stranger.ES256, key])
      assert.equal(refusalOf(verify(good)), undefined)
    })

    it('refuses it once another key has the id of its key', () => {
      let keys = createKeySet([key])
      const { verify } = verifier({ keys: swapped(() => keys) })
      assert.equal(refusalOf(verify(good)), undefined)
      keys = createKeySet([{ ...stranger.ES256, kid: key.kid }])
      assert.equal(refusalOf(verify(good)), 'signature')
    })

    it('refuses it once its key is for another algorithm', () => {
      let keys = createKeySet([key])
      const { verify } = verifier({ keys: swapped(() => keys) })
      assert.equal(refusalOf(verify(good)), undefined)
      keys = createKeySet([{ ...key, algorithm: 'RS256' }])
      assert.equal(refusalOf(verify(good)), 'algorithm')
    })

    it('refuses its x5c once the key has another certificate', () => {
      let keys = createKeySet([key])
      const { verify } = verifier({ keys: swapped(() => keys) })
      const carrying = token(key, { x5c: key.chain })
      assert.equal(refusalOf(verify(carrying)), undefined)
      keys = createKeySet([{ ...key, chain: ['AA=='] }])
      assert.equal(refusalOf(verify(carrying)), 'x5c')
      assert.equal(refusalOf(verify(good)), undefined)
    })

    it('accepts it still when the same key was read again', () => {
      let keys = createKeySet([key])
      const { verify } = verifier({ keys: swapped(() => keys) })
      assert.equal(refusalOf(verify(good)), undefined)
      keys = createKeySet([{ ...key, publicKey: createPublicKey(key.privateKey) }])
      assert.equal(refusalOf(verify(good)), undefined)
    })

    it('remembers no token that says more than all that is to be remembered', () => {
      let checks = 0
      const counted = Object.defineProperty({ ...key }, 'publicKey', {
        get: () => ((checks += 1), key.publicKey),
      })
      const { verify } = verifier({ keys: createKeySet([counted]), cacheSize: 2 })
      const checksOf = (text: string) => {
        const before = checks
        assert.equal(refusalOf(verify(text)), undefined)
        return checks - before
      }
      const access = Array.from({ length: 20 }, (_, i) => ({
        ...{ type: 'repository', name: `team-a/app-${i}`, actions: ['pull'] },
      }))
      const large = token(key, {}, { access })
      assert.ok(checksOf(good) > 0)
      assert.equal(checksOf(good), 0)
      assert.ok(checksOf(large) > 0)
      assert.ok(checksOf(large) > 0)
      assert.equal(checksOf(good), 0, 'and it pushed nothing out')
    })

    for (const cacheSize of [1, 7, 1000]) {
      it(`never takes one token for another, remembering ${String(cacheSize)}`, () => {
        const { verify } = verifier({ cacheSize })
        const tokens = Array.from({ length: 20 }, (_, i) => {
          const sub = `team-${String(i)}`
          return { sub, text: token(i % 2 === 0 ? KEYS.ES256 : KEYS.RS256, {}, { sub }) }
        })
        for (const { sub, text } of [...tokens, ...tokens.toReversed(), ...tokens]) {
          const result = verify(text)
          assert.equal(result.ok && result.value.claims.subject, sub)
        }
      })
    }

    it('does not remember what it refused as good', () => {
      const { verify } = verifier()
      const forged = compactJws(stranger.ES256, headerOf(key), PAYLOAD)
      assert.equal(refusalOf(verify(good)), undefined)
      for (let i = 0; i < 3; i += 1) assert.equal(refusalOf(verify(forged)), 'signature')
    })

    it('does not take a text for it that UTF-8 makes the same of', () => {
      const { verify } = verifier()
      assert.equal(refusalOf(verify(good)), undefined)
      for (const text of ['\ud800', '\udfff', '\ufffd', '\ufeff']) {
        assert.equal(refusalOf(verify(`${good}${text}`)), 'spelling')
      }
    })
  })
})

/** A key set that changes below the verifier, as files that are read again do. */
function swapped(current: () => KeySet): KeySet {
  return {
    find: (kid) => current().find(kid),
    jwks: () => current().jwks(),
  }
}
