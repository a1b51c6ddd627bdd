import { createHmac, sign } from 'node:crypto'
import type { Algorithm } from '../../src/token/algorithms.ts'
import type { KeyPairPem } from '../../src/token/certificate.ts'
import { claimsToPayload } from '../../src/token/claims.ts'
import type { SigningKey } from '../../src/token/key-set.ts'
import { certifiedKey, throwAwayAuthority } from './certified-keys.ts'
import { Random } from './random.ts'
import { compactJws, part } from './signing-keys.ts'

/** Good tokens and thousands of others that are nearly good, the same kinds in every run. */

export const ISSUER = 'rauth'
export const SERVICE = 'internal-registry.io'
export const REPOSITORY = 'team-a/app'
export const LIFETIME = 300

export interface Mutant {
  /** What was done to a good token. */
  readonly family: string
  /** Seconds since the epoch → the token: one about time is made when it is tried. */
  make(now: number): string
}

export interface CorpusKeys {
  readonly authority: KeyPairPem
  /** The keys of rauth. */
  readonly own: Readonly<Record<Algorithm, SigningKey>>
  /** Under the same CA, but not rauth's. */
  readonly sibling: SigningKey
  /** Under the same CA and rauth's once; its certificate is over. */
  readonly expired: SigningKey
  /** Under another CA. */
  readonly stranger: SigningKey
}

export async function corpusKeys(): Promise<CorpusKeys> {
  const authority = await throwAwayAuthority()
  return {
    authority,
    own: {
      ES256: await certifiedKey(authority, 'ES256'),
      ES384: await certifiedKey(authority, 'ES384'),
      RS256: await certifiedKey(authority, 'RS256'),
      EdDSA: await certifiedKey(authority, 'EdDSA'),
    },
    sibling: await certifiedKey(authority, 'ES256'),
    expired: await certifiedKey(authority, 'ES256', 3),
    stranger: await certifiedKey(await throwAwayAuthority(), 'ES256'),
  }
}

export interface CorpusOptions {
  readonly keys: CorpusKeys
  /** Those of rauth's keys that the registry can verify, too. */
  readonly algorithms: readonly Algorithm[]
  /** Whether good tokens carry their certificate chain. */
  readonly x5c: boolean
  readonly seed: number
  /** How many of each random kind; the tables come whole. */
  readonly repeat: number
  /** More claims of a good token, over those that it has. */
  readonly more?: (now: number) => Json
}

type Json = Readonly<Record<string, unknown>>

const PULL = { type: 'repository', name: REPOSITORY, actions: ['pull'] }

function usualPayload(now: number): Json {
  return claimsToPayload({
    issuer: ISSUER,
    subject: 'team-a',
    audience: SERVICE,
    expiresAt: now + LIFETIME - 60,
    notBefore: now - 30,
    issuedAt: now - 30,
    id: 'f3b7b0a2-0b57-4c4e-9d5d-6b5b0a7a1c11',
    access: [PULL],
    namespaces: ['team-a'],
    credentials: [{ id: 'team-a/registry-credentials', generation: 'g1' }],
  })
}

export function tokenCorpus(options: CorpusOptions): readonly Mutant[] {
  const { keys, x5c, seed, repeat } = options
  const random = new Random(seed)
  const { ES256: key } = keys.own
  const payloadAt = (now: number): Json => ({ ...usualPayload(now), ...options.more?.(now) })
  const headerOf = (one: SigningKey): Json => ({
    ...{ alg: one.algorithm, typ: 'JWT', kid: one.kid },
    ...(x5c ? { x5c: one.chain } : {}),
  })
  /** A token of our key, with members added to or put over those of a good one. */
  const token = (now: number, header: Json = {}, payload: Json = {}, by = key) =>
    compactJws(by, { ...headerOf(by), ...header }, { ...payloadAt(now), ...payload })
  const mutants: Mutant[] = []
  const add = (family: string, make: (now: number) => string) => mutants.push({ family, make })
  const often = (times: number, one: () => void) => {
    for (let i = 0; i < times; i += 1) one()
  }
  const own = options.algorithms.map((algorithm) => keys.own[algorithm])
  const ofOwn = () => random.pick([key, ...own])

  // As issued.
  for (const access of GOOD_ACCESS) {
    for (const by of own) {
      add('good: access', (now) => token(now, {}, { access }, by))
    }
  }
  often(repeat, () => {
    const [sub, jti, by] = [text(random), text(random), ofOwn()]
    const [life, age] = [random.between(20, 300), random.below(5000)]
    add('good: claims', (now) => {
      const times = { iat: now - 5, nbf: now - age, exp: now - 5 + life }
      return token(now, {}, { sub, jti, ...times, access: [PULL] }, by)
    })
  })
  for (const by of own) {
    const nobody = { sub: '', rauth: { ns: [], cred: [] } }
    add('good: anonymous', (now) => token(now, {}, nobody, by))
    const refresh = { aud: `refresh:"${SERVICE}"`, access: undefined }
    add('a refresh token', (now) => token(now, { typ: 'rauth-refresh+jwt' }, refresh, by))
    add('header: the typ of a refresh token', (now) =>
      token(now, { typ: 'rauth-refresh+jwt' }, {}, by),
    )
  }
  often(repeat / 2, () => {
    const by = ofOwn()
    const order = shuffled(random, Object.keys(headerOf(by)))
    add('good: order of the header', (now) =>
      compactJws(by, Object.fromEntries(order.map((k) => [k, headerOf(by)[k]])), payloadAt(now)),
    )
  })

  // Header.
  for (const [family, header] of HEADERS) {
    add(`header: ${family}`, (now) => token(now, header))
    add(`header: ${family}`, (now) => token(now, header, {}, keys.own.RS256))
  }
  for (const name of ['alg', 'typ', 'kid']) {
    for (const by of own) {
      add(`header: no ${name}`, (now) => compactJws(by, omit(headerOf(by), name), payloadAt(now)))
    }
  }
  for (const [family, spell] of SPELLINGS) {
    add(`header: ${family}`, (now) =>
      compactJws(key, spell(JSON.stringify(headerOf(key)), 'kid'), payloadAt(now)),
    )
  }
  const jwk = (of: SigningKey) => of.publicKey.export({ format: 'jwk' })
  add('header: jwk of the key itself', (now) => token(now, { jwk: jwk(key) }))
  add("header: a stranger's jwk", (now) =>
    compactJws(keys.stranger, { ...headerOf(key), jwk: jwk(keys.stranger) }, payloadAt(now)),
  )
  add("header: a stranger's jwk with our kid, no x5c", (now) =>
    compactJws(
      keys.stranger,
      { alg: 'ES256', typ: 'JWT', jwk: { ...jwk(keys.stranger), kid: key.kid } },
      payloadAt(now),
    ),
  )
  add('header: the kid of another own key', (now) => token(now, { kid: keys.own.RS256.kid }))

  // x5c.
  const authorityDer = Buffer.from(
    keys.authority.certificate.replace(/-----[^-]+-----|\s/g, ''),
    'base64',
  ).toString('base64')
  const [leaf = ''] = key.chain
  const X5C: readonly (readonly [string, unknown])[] = [
    ['the chain with the CA', [leaf, authorityDer]],
    ['the CA before the leaf', [authorityDer, leaf]],
    ['the CA alone', [authorityDer]],
    ['the leaf twice', [leaf, leaf]],
    ["a sibling's certificate behind", [leaf, ...keys.sibling.chain]],
    ["a sibling's certificate alone", keys.sibling.chain],
    ["a stranger's certificate behind", [leaf, ...keys.stranger.chain]],
    ["a stranger's certificate alone", keys.stranger.chain],
    ['an empty list', []],
    ['null', null],
    ['a text', leaf],
    ['a list in a list', [[leaf]]],
    ['a number in the list', [1]],
    ['an empty text', ['']],
    ['no base64', ['!']],
    ['base64url', [leaf.replaceAll('+', '-').replaceAll('/', '_')]],
    ['a newline in the base64', [`${leaf.slice(0, 64)}\n${leaf.slice(64)}`]],
    ['a space in the base64', [`${leaf.slice(0, 64)} ${leaf.slice(64)}`]],
    ['no padding', [leaf.replace(/=+$/, '')]],
    ['a byte behind the certificate', [Buffer.from(leaf, 'base64').toString('base64') + 'AA']],
    ['PEM', [`-----BEGIN CERTIFICATE-----\n${leaf}\n-----END CERTIFICATE-----`]],
  ]
  for (const [family, chain] of X5C) {
    add(`x5c: ${family}`, (now) => token(now, { x5c: chain }))
  }
  for (const [whose, by] of [
    ['a sibling', keys.sibling],
    ['a stranger', keys.stranger],
    ['an expired key', keys.expired],
  ] as const) {
    add(`signed by ${whose} that says so`, (now) => token(now, {}, {}, by))
    add(`signed by ${whose}, with its x5c under our kid`, (now) =>
      token(now, { kid: key.kid, x5c: by.chain }, {}, by),
    )
    add(`signed by ${whose} under our header`, (now) =>
      compactJws(by, headerOf(key), payloadAt(now)),
    )
  }
  if (x5c) add('x5c: none', (now) => compactJws(key, omit(headerOf(key), 'x5c'), payloadAt(now)))

  // Claims.
  for (const name of Object.keys(payloadAt(0))) {
    add(`claims: no ${name}`, (now) => compactJws(key, headerOf(key), omit(payloadAt(now), name)))
    for (const [family, value] of VALUES) {
      add(`claims: ${family} as ${name}`, (now) => token(now, {}, { [name]: value }))
    }
  }
  for (const [family, payload] of CLAIMS) {
    add(`claims: ${family}`, (now) => token(now, {}, payload(now)))
  }
  for (const [family, spell] of SPELLINGS) {
    add(`claims: ${family}`, (now) =>
      compactJws(key, headerOf(key), spell(JSON.stringify(payloadAt(now)), 'sub')),
    )
  }
  for (const [family, access] of BAD_ACCESS) {
    add(`access: ${family}`, (now) => token(now, {}, { access }))
  }

  // Times, each away from an edge of either side by more than the trying takes.
  for (const [family, lowest, highest, claims] of TIMES) {
    often(Math.ceil(repeat / 5), () => {
      const seconds = random.between(lowest, highest)
      add(`time: ${family}`, (now) => token(now, {}, claims(now + seconds, now)))
    })
  }

  // Signature.
  for (const [family, forge] of SIGNATURES) {
    add(`signature: ${family}`, (now) => {
      const good = token(now)
      const at = good.lastIndexOf('.')
      const bytes = Buffer.from(good.slice(at + 1), 'base64url')
      return `${good.slice(0, at)}.${forge(bytes, good.slice(0, at), key).toString('base64url')}`
    })
  }
  for (const alg of ['HS256', 'ES256']) {
    add('signature: an HMAC under the public key', (now) => {
      const input = `${part({ ...headerOf(key), alg })}.${part(payloadAt(now))}`
      const pem = key.publicKey.export({ type: 'spki', format: 'pem' })
      return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
    })
  }
  often(repeat * 1.5, () => {
    const [by, bit] = [ofOwn(), random.below(512)]
    add('signature: a bit changed', (now) => {
      const good = token(now, {}, {}, by)
      const at = good.lastIndexOf('.')
      const bytes = Buffer.from(good.slice(at + 1), 'base64url')
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      return `${good.slice(0, at)}.${bytes.toString('base64url')}`
    })
  })

  // Spelling of a good token.
  for (const [family, spell] of TOKEN_SPELLINGS) {
    add(`spelling: ${family}`, (now) => spell(token(now)))
  }
  often(repeat * 3, () => {
    const [by, kind, place, code] = [
      ofOwn(),
      random.pick(EDITS),
      random.below(1e6),
      random.pick(TOKEN_BYTES),
    ]
    add(`spelling: ${kind} anywhere`, (now) => edit(token(now, {}, {}, by), kind, place, code))
  })

  // Bytes of the JSON changed, and signed all the same.
  often(repeat * 3, () => {
    const [kind, place, code] = [random.pick(EDITS), random.below(1e6), random.pick(JSON_BYTES)]
    add(`claims: ${kind} anywhere`, (now) =>
      compactJws(key, headerOf(key), edit(JSON.stringify(payloadAt(now)), kind, place, code)),
    )
  })
  often(repeat * 2, () => {
    const [kind, code] = [random.pick(EDITS), random.pick(JSON_BYTES)]
    // Most of the header is certificate; half of the changes are before it.
    const place = random.below(random.pick([90, 1e6]))
    add(`header: ${kind} anywhere`, (now) =>
      compactJws(key, edit(JSON.stringify(headerOf(key)), kind, place, code), payloadAt(now)),
    )
  })
  return mutants
}

const GOOD_ACCESS: readonly unknown[] = [
  [PULL],
  [{ ...PULL, actions: ['pull', 'push'] }],
  [{ ...PULL, actions: ['push'] }],
  [{ ...PULL, actions: ['*'] }],
  [{ ...PULL, actions: ['delete', 'pull', 'push'] }],
  [{ ...PULL, actions: ['*', 'pull'] }],
  [{ ...PULL, actions: [] }],
  [],
  [PULL, PULL],
  [PULL, { ...PULL, actions: ['push'] }],
  [{ ...PULL, name: 'team-a/other' }],
  [{ ...PULL, name: 'team-a/other' }, PULL],
  [{ ...PULL, name: 'team-a/*' }],
  [{ ...PULL, name: '*', actions: ['*'] }],
  [{ ...PULL, name: 'TEAM-A/APP' }],
  [{ ...PULL, name: 'team-a/app ' }],
  [{ ...PULL, name: 'team-ä/äpp \u2028 "<&>' }],
  [{ ...PULL, name: '\ud800' }],
  [{ ...PULL, type: 'registry' }],
  [{ ...PULL, type: 'repository(plugin)' }],
  [{ type: 'registry', name: 'catalog', actions: ['*'] }],
  [{ ...PULL, actions: ['PULL'] }],
  [{ ...PULL, actions: ['pull,push'] }],
  [{ ...PULL, actions: [' pull'] }],
  Array.from({ length: 32 }, (_, i) => ({ ...PULL, name: `team-a/app${i === 31 ? '' : i}` })),
]

const HEADERS: readonly (readonly [string, Json])[] = [
  ...['none', 'None', 'HS256', 'ES384', 'ES512', 'RS384', 'PS256', 'EdDSA', 'es256', ''].map(
    (alg) => ['another alg', { alg }] as const,
  ),
  ['alg that is no text', { alg: ['ES256'] }],
  ['alg that is no text', { alg: null }],
  ...['jwt', 'JOSE', 'at+jwt', 'application/jwt', ''].map(
    (typ) => ['another typ', { typ }] as const,
  ),
  ['typ that is no text', { typ: ['JWT'] }],
  ['typ that is no text', { typ: null }],
  ...['', 'unknown', '../signing', '__proto__', 'k'.repeat(500)].map(
    (kid) => ['an unknown kid', { kid }] as const,
  ),
  ['a kid that is no text', { kid: 1 }],
  ['a kid that is no text', { kid: null }],
  ['a kid that is no text', { kid: ['x'] }],
  ...['jku', 'x5u', 'x5t', 'x5t#S256', 'cty', 'zip', 'enc', 'nonce', 'xyz', ''].map(
    (name) => ['a parameter more', { [name]: 'x' }] as const,
  ),
  ['cty that says it is a token', { cty: 'JWT' }],
  ['crit', { crit: ['exp'] }],
  ['crit', { crit: ['xyz'], xyz: 1 }],
  ['an empty crit', { crit: [] }],
  ['b64', { b64: false }],
  ['b64', { b64: true }],
  ['a critical b64', { b64: true, crit: ['b64'] }],
  ['a critical b64 that is false', { b64: false, crit: ['b64'] }],
  ['jwk that is null', { jwk: null }],
  ['jwk that is empty', { jwk: {} }],
]

/** Other texts of the same JSON, and texts that only some readers take for JSON. */
const SPELLINGS: readonly (readonly [string, (json: string, name: string) => string | Buffer])[] = [
  ['a space before', (json) => ` ${json}`],
  ['a space behind', (json) => `${json} `],
  ['a newline behind', (json) => `${json}\n`],
  ['white space inside', (json) => json.replace(':', ' : ')],
  ['a byte order mark', (json) => `\ufeff${json}`],
  ['a NUL behind', (json) => `${json}\0`],
  ['a second value behind', (json) => `${json}{}`],
  ['a comma behind the last member', (json) => json.replace(/}$/, ',}')],
  ['a comment', (json) => json.replace(/}$/, '/**/}')],
  [
    'an escape in a name',
    (json) => json.replace('"typ"', '"t\\u0079p"').replace('"sub"', '"su\\u0062"'),
  ],
  [
    'an escape in a value',
    (json) => json.replace('"JWT"', '"JW\\u0054"').replace('team-a', 'team\\u002da'),
  ],
  ['an escaped slash', (json) => json.replace('/', '\\/')],
  ['a member twice, the same', (json, name) => json.replace('{', `${memberOf(json, name)},`)],
  ['a member twice, other first', (json, name) => json.replace('{', `{"${name}":"other",`)],
  ['a member twice, other last', (json, name) => json.replace(/}$/, `,"${name}":"other"}`)],
  ['a member in other case', (json, name) => json.replace(`"${name}"`, `"${name.toUpperCase()}"`)],
  ['__proto__', (json) => json.replace('{', '{"__proto__":{},')],
  ['a list around', (json) => `[${json}]`],
  ['nothing', () => 'null'],
  ['a text', () => '"x"'],
  ['an empty object', () => '{}'],
  ['no JSON', () => 'x'],
  ['deep JSON', () => '['.repeat(2000) + ']'.repeat(2000)],
  [
    'bytes that are not UTF-8',
    (json) => Buffer.from(json.replace('team-a', 'team-\xff').replace('JWT', 'JWT\xff'), 'latin1'),
  ],
  ['UTF-16', (json) => Buffer.from(json, 'utf16le')],
]

function memberOf(json: string, name: string): string {
  return `{"${name}":${JSON.stringify((JSON.parse(json) as Json)[name])}`
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['zero', 0],
  ['a negative number', -1],
  ['a fraction', 1.5],
  ['a huge number', 1e300],
  ['a number beyond the safe ones', 2 ** 53],
  ['an empty text', ''],
  ['a text', 'other'],
  ['a list', []],
  ['a list of a text', ['x']],
  ['an object', {}],
]

const CLAIMS: readonly (readonly [string, (now: number) => Json])[] = [
  ['a claim more', () => ({ scope: 'openid' })],
  ['a claim more with an empty name', () => ({ '': 1 })],
  ['aud in a list', () => ({ aud: [SERVICE] })],
  ['aud in a list with another', () => ({ aud: ['other', SERVICE] })],
  ['aud in other case', () => ({ aud: SERVICE.toUpperCase() })],
  ['aud with a space behind', () => ({ aud: `${SERVICE} ` })],
  ['iss in other case', () => ({ iss: ISSUER.toUpperCase() })],
  ['iss with a slash behind', () => ({ iss: `${ISSUER}/` })],
  ['iss in a list', () => ({ iss: [ISSUER] })],
  ['exp as text', (now) => ({ exp: String(now + 100) })],
  ['exp with a fraction', (now) => ({ exp: now + 100.5 })],
  ['exp in milliseconds', (now) => ({ exp: (now + 100) * 1000 })],
  ['exp in a year', (now) => ({ exp: now + 365 * 86_400 })],
  ['nbf as text', (now) => ({ nbf: String(now) })],
  ['nbf with a fraction', (now) => ({ nbf: now - 0.5 })],
  ['iat as text', (now) => ({ iat: String(now) })],
  ['iat with a fraction', (now) => ({ iat: now - 0.5 })],
  ['a long sub', () => ({ sub: 's'.repeat(4097) })],
  ['a sub as long as may be', () => ({ sub: 's'.repeat(4096) })],
  ['a token that is too long', () => ({ jti: 'j'.repeat(4000), sub: 's'.repeat(4000) })],
  ['rauth with a member more', () => ({ rauth: { ns: ['team-a'], cred: [], more: 1 } })],
  ['rauth with nobody in it', () => ({ rauth: { ns: [], cred: [] } })],
  ['rauth with a triple', () => ({ rauth: { ns: ['team-a'], cred: [['a', 'b', 'c']] } })],
]

const BAD_ACCESS: readonly (readonly [string, unknown])[] = [
  ['an object', PULL],
  ['a scope', `repository:${REPOSITORY}:pull`],
  ['a scope in a list', [`repository:${REPOSITORY}:pull`]],
  ['null in the list', [null]],
  ['null beside a good one', [PULL, null]],
  ['a list in the list', [[PULL]]],
  ['no type', [{ name: REPOSITORY, actions: ['pull'] }]],
  ['no name', [{ type: 'repository', actions: ['pull'] }]],
  ['no actions', [{ type: 'repository', name: REPOSITORY }]],
  ['no type beside a good one', [PULL, { name: REPOSITORY, actions: ['push'] }]],
  ['an empty type', [{ ...PULL, type: '' }]],
  ['an empty name', [{ ...PULL, name: '' }]],
  ['an empty action', [{ ...PULL, actions: [''] }]],
  ['a type that is no text', [{ ...PULL, type: 1 }]],
  ['a name that is no text', [{ ...PULL, name: [REPOSITORY] }]],
  ['a name that is null', [{ ...PULL, name: null }]],
  ['actions that are a text', [{ ...PULL, actions: 'pull' }]],
  ['actions that are *', [{ ...PULL, actions: '*' }]],
  ['actions that are null', [{ ...PULL, actions: null }]],
  ['an action that is null', [{ ...PULL, actions: [null, 'pull'] }]],
  ['an action that is a number', [{ ...PULL, actions: [1, 'pull'] }]],
  ['a class', [{ ...PULL, class: 'plugin' }]],
  ['a class that is no text', [{ ...PULL, class: 1 }]],
  ['a member more', [{ ...PULL, extra: true }]],
  ['members in upper case', [{ TYPE: 'repository', NAME: REPOSITORY, ACTIONS: ['pull'] }]],
  ['a member twice in other case', [{ ...PULL, Name: 'team-b/app' }]],
  [
    '17 actions',
    [{ ...PULL, actions: [...Array.from({ length: 16 }, (_, i) => `a${i}`), 'pull'] }],
  ],
  ['65 entries', Array.from({ length: 65 }, (_, i) => ({ type: 'r', name: `${i}`, actions: [] }))],
]

/** The registry allows clocks to differ by 60 s, rauth in the tests by 10. */
const TIMES: readonly (readonly [
  family: string,
  lowest: number,
  highest: number,
  claims: (moment: number, now: number) => Json,
])[] = [
  ['ends soon', 3, 200, (exp, now) => ({ exp, iat: now - 60 })],
  ['is over, within both leeways', -7, 0, (exp, now) => ({ exp, iat: now - 60 })],
  ["is over, within the registry's leeway alone", -57, -13, (exp, now) => ({ exp, iat: now - 60 })],
  ['is over', -200, -63, (exp) => ({ exp, iat: exp - LIFETIME, nbf: exp - LIFETIME })],
  ['begins soon, within both leeways', 0, 7, (nbf) => ({ nbf })],
  ["begins soon, within the registry's leeway alone", 13, 57, (nbf) => ({ nbf })],
  ['begins later', 63, 200, (nbf) => ({ nbf })],
  ['was issued in the future, within the leeway', 0, 7, (iat) => ({ iat })],
  ['was issued in the future', 13, 200, (iat) => ({ iat, exp: iat + LIFETIME })],
  ['ends before it was issued', -100, -1, (exp, now) => ({ exp: now + 3, iat: now + 4, nbf: exp })],
  ['lives longer than rauth issues', 301, 9000, (exp, now) => ({ iat: now - 5, exp })],
  ['was issued long ago', -9000, -400, (iat, now) => ({ iat, exp: now + 100 })],
]

/** The order of P-256. */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

function scalar(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
}

const SIGNATURES: readonly (readonly [
  string,
  (good: Buffer, signed: string, key: SigningKey) => Buffer,
])[] = [
  // ECDSA gives every signature a twin that is as good.
  [
    'n - s',
    (good) =>
      Buffer.concat([
        good.subarray(0, 32),
        scalar(ORDER - BigInt(`0x${good.toString('hex', 32)}`)),
      ]),
  ],
  [
    'n - r',
    (good) =>
      Buffer.concat([
        scalar(ORDER - BigInt(`0x${good.toString('hex', 0, 32)}`)),
        good.subarray(32),
      ]),
  ],
  ['DER', (_good, signed, key) => sign('sha256', Buffer.from(signed), key.privateKey)],
  [
    'over another hash',
    (_good, signed, key) =>
      sign('sha384', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }),
  ],
  ['r and s exchanged', (good) => Buffer.concat([good.subarray(32), good.subarray(0, 32)])],
  ['all zero', () => Buffer.alloc(64)],
  ['all ones', () => Buffer.alloc(64, 0xff)],
  ['r = s = n', () => Buffer.concat([scalar(ORDER), scalar(ORDER)])],
  ['r = s = 1', () => Buffer.concat([scalar(1n), scalar(1n)])],
  ['a byte less', (good) => good.subarray(0, 63)],
  ['a byte more', (good) => Buffer.concat([good, Buffer.of(0)])],
  [
    'a zero byte before r and before s',
    (good) => Buffer.concat([Buffer.of(0), good.subarray(0, 32), Buffer.of(0), good.subarray(32)]),
  ],
  ['twice', (good) => Buffer.concat([good, good])],
  ['one byte', () => Buffer.of(1)],
]

const TOKEN_SPELLINGS: readonly (readonly [string, (good: string) => string])[] = [
  ['a space behind', (good) => `${good} `],
  ['a tab behind', (good) => `${good}\t`],
  ['a space before', (good) => ` ${good}`],
  ['a newline behind', (good) => `${good}\n`],
  ['a padding behind', (good) => `${good}=`],
  ['two paddings behind', (good) => `${good}==`],
  ['a padding behind the header', (good) => good.replace('.', '=.')],
  ['two paddings behind the header', (good) => good.replace('.', '==.')],
  ['a dot behind', (good) => `${good}.`],
  ['a fourth part', (good) => `${good}.AA`],
  ['no signature', (good) => good.replace(/[^.]+$/, '')],
  ['two parts', (good) => good.replace(/\.[^.]+$/, '')],
  ['the other base64 alphabet', (good) => good.replaceAll('-', '+').replaceAll('_', '/')],
  ['quotes around', (good) => `"${good}"`],
  ['a comma behind', (good) => `${good},`],
  ['twice, with a comma', (good) => `${good},${good}`],
  ['twice, with a space', (good) => `${good} ${good}`],
  ['percent-encoded dots', (good) => good.replaceAll('.', '%2E')],
  ['a NUL behind', (good) => `${good}\0`],
  ['nothing', () => ''],
  ['lower case', (good) => good.toLowerCase()],
  ['spare bits in the signature', (good) => spareBits(good, 2)],
  ['spare bits in the claims', (good) => spareBits(good, 1)],
  ['spare bits in the header', (good) => spareBits(good, 0)],
]

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Another last character of a part, that decodes to the same bytes where there is one. */
function spareBits(good: string, index: number): string {
  return good
    .split('.')
    .map((one, i) => (i === index ? one.slice(0, -1) + nextOf(one.at(-1) ?? 'A') : one))
    .join('.')
}

function nextOf(character: string): string {
  return ALPHABET[ALPHABET.indexOf(character) ^ 1] ?? 'A'
}

const EDITS = ['a byte replaced', 'a byte more', 'a byte less'] as const

type Edit = (typeof EDITS)[number]

const TOKEN_BYTES = [...ALPHABET.split(''), '=', '+', '/', '.', ' ', '\t', '~', '\x7f', '\n', 'é']
const JSON_BYTES = '{}[]",:\\/ \t\n0123456789eE.-+aAnulltrue\0\x7fé\u2028\ufeff'.split('')

function edit(value: string, kind: Edit, place: number, byte: string): string {
  const at = place % value.length
  const behind = kind === 'a byte more' ? at : at + 1
  return value.slice(0, at) + (kind === 'a byte less' ? '' : byte) + value.slice(behind)
}

function omit(from: Json, name: string): Json {
  return Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))
}

/** A text as `sub` or `jti` may be. */
function text(random: Random): string {
  const length = random.between(1, 60)
  return Array.from({ length }, () =>
    random.pick([
      'a',
      'Z',
      '0',
      '-',
      '/',
      ' ',
      '"',
      '\\',
      '<',
      'é',
      '\u2028',
      '😀',
      '\u0000',
      '\ud800',
    ]),
  ).join('')
}

function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  const rest = [...items]
  return items.flatMap(() => rest.splice(random.below(rest.length), 1))
}
