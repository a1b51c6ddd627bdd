import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashSync } from '../../../support/bcrypt.ts'
import fc from 'fast-check'
import { ENTRY_KEYS } from '../../../../src/credentials/secret/entry-values.ts'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { readSecret } from '../../../../src/credentials/secret/secret-format.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const options = {
  secretName: 'registry-credentials',
  hasher,
  bindingKey: createSecretKey(Buffer.alloc(32, 2)),
}

const HASH = hashSync('canary', { cost: 4, version: '2y' })
const JANUARY = '2027-01-01T00:00:00Z'
const JUNE = '2027-06-01T00:00:00Z'
const [january, june] = [JANUARY, JUNE].map((text) => Date.parse(text) / 1000)

const read = (stringData: object) =>
  readSecret(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry-credentials', namespace: 'team-a' },
      stringData,
    },
    options,
  )

const listed = (...entries: readonly unknown[]) => ({ entries: JSON.stringify(entries) })

function good(stringData: object) {
  const reading = read(stringData)
  assert.ok(reading.kind === 'credentials', JSON.stringify(reading))
  return reading
}

/** What can be told of a credential: a keyed hash by the password that the test knows. */
function told(stringData: object) {
  return good(stringData).credentials.map(({ id, namespace, generation, secret, ...rest }) => {
    assert.equal(id, 'team-a/registry-credentials')
    assert.equal(namespace, 'team-a')
    assert.match(generation, /^[\w-]{16}$/)
    const passwords = ['canary', 'canary-old', 'canary-ci'].filter(
      (one) => secret.kind === 'keyed' && secret.hash.equals(hasher.hash(one)),
    )
    return { ...rest, secret: secret.kind === 'keyed' ? passwords.join() : secret.hash.reveal() }
  })
}

const LOGIN = { username: 'team-a', password: 'canary' }

describe('the forms of a Secret', () => {
  const FORMS: readonly (readonly [string, object, readonly object[]])[] = [
    ['a hash for the password', { username: 'u', passwordHash: HASH }, [{ username: 'u', secret: HASH }]], // prettier-ignore
    [
      'a hash with the newline of htpasswd',
      { username: 'u', passwordHash: `${HASH}\n` },
      [{ username: 'u', secret: HASH }],
    ],
    [
      'a previous password',
      { ...LOGIN, previousPassword: 'canary-old', previousPasswordNotAfter: JANUARY },
      [
        { username: 'team-a', secret: 'canary' },
        { username: 'team-a', secret: 'canary-old', notAfter: january },
      ],
    ],
    [
      'a previous hash',
      { ...LOGIN, previousPasswordHash: HASH, previousPasswordNotAfter: JANUARY },
      [
        { username: 'team-a', secret: 'canary' },
        { username: 'team-a', secret: HASH, notAfter: january },
      ],
    ],
    [
      'a previous password that goes on no longer than the entry',
      { ...LOGIN, previousPassword: 'canary-old', previousPasswordNotAfter: JUNE, notAfter: JANUARY }, // prettier-ignore
      [
        { username: 'team-a', secret: 'canary', notAfter: january },
        { username: 'team-a', secret: 'canary-old', notAfter: january },
      ],
    ],
    [
      'dates and actions',
      { ...LOGIN, notBefore: JANUARY, notAfter: `${JUNE}\n`, actions: 'pull, push\n' },
      [
        {
          ...{ username: 'team-a', secret: 'canary', actions: ['pull', 'push'] },
          ...{ notBefore: january, notAfter: june },
        },
      ],
    ],
    [
      'a list alone',
      listed({ username: 'ci', password: 'canary-ci', actions: ['pull'] }),
      [{ username: 'ci', secret: 'canary-ci', actions: ['pull'] }],
    ],
    [
      'a list beside a login',
      { ...LOGIN, ...listed({ username: 'ci', passwordHash: HASH, notAfter: JUNE }) },
      [
        { username: 'team-a', secret: 'canary' },
        { username: 'ci', secret: HASH, notAfter: june },
      ],
    ],
    ['an empty list beside a login', { ...LOGIN, ...listed() }, [{ username: 'team-a', secret: 'canary' }]], // prettier-ignore
    [
      'an entry with all that it can have',
      listed({
        ...{ username: 'team-a', password: 'canary', actions: ['pull'], notBefore: JANUARY },
        ...{ previousPassword: 'canary-old', previousPasswordNotAfter: JUNE },
      }),
      ['canary', 'canary-old'].map((secret, i) => ({
        ...{ username: 'team-a', secret, actions: ['pull'], notBefore: january },
        ...(i === 1 ? { notAfter: june } : {}),
      })),
    ],
    [
      'one user name with several passwords',
      listed(...['canary', 'canary-old'].map((password) => ({ username: 'u', password }))),
      [
        { username: 'u', secret: 'canary' },
        { username: 'u', secret: 'canary-old' },
      ],
    ],
  ]
  for (const [name, stringData, expected] of FORMS) {
    it(`have ${name}`, () => {
      assert.deepEqual(told(stringData), expected)
      assert.deepEqual(good(stringData).warnings, [])
    })
  }

  it('give a password one generation, be it current, previous or in a list', () => {
    const generations = [
      good(LOGIN).credentials[0],
      good({ ...LOGIN, actions: 'pull', notAfter: JUNE }).credentials[0],
      good(listed(LOGIN)).credentials[0],
      good({
        ...{ username: 'team-a', password: 'canary-new' },
        ...{ previousPassword: 'canary', previousPasswordNotAfter: JUNE },
      }).credentials[1],
    ].map((one) => one?.generation)
    assert.equal(new Set(generations).size, 1)
    assert.notEqual(generations[0], undefined)
  })

  const WARNED: readonly (readonly [string, object, RegExp])[] = [
    [
      'a newline in an entry',
      listed(LOGIN, { username: 'ci', password: 'canary\n' }),
      /^Secret team-a\/registry-credentials: entries\[1\]\.password ends in a newline/,
    ],
    ['a newline in a previous password', { ...LOGIN, previousPassword: 'canary-old\n', previousPasswordNotAfter: JUNE }, /: previousPassword ends in a newline/], // prettier-ignore
    [
      'a user name that was encoded once too often',
      { ...LOGIN, username: Buffer.from('team-a\n').toString('base64') },
      /^Secret team-a\/registry-credentials: username is the name of the namespace in base64, /,
    ],
    ['push without pull', { ...LOGIN, actions: 'push' }, /: actions has push without pull/],
    ['an end of no previous password', { ...LOGIN, previousPasswordNotAfter: JUNE }, /: previousPasswordNotAfter stands/], // prettier-ignore
  ]
  for (const [name, stringData, expected] of WARNED) {
    it(`warn of ${name}`, () => {
      const [warning = '', ...more] = good(stringData).warnings
      assert.match(warning, expected)
      assert.doesNotMatch(warning, /canary/)
      assert.deepEqual(more, [])
    })
  }

  const many = (count: number, more: (i: number) => object) =>
    listed(...Array.from({ length: count }, (_, i) => ({ username: 'u', ...more(i) })))
  const hashes = Array.from({ length: 5 }, (_, i) => `${HASH.slice(0, -2)}${'.abcde'[i] ?? ''}.`)
  const BAD: readonly (readonly [string, object, RegExp])[] = [
    ['a password and a hash', { ...LOGIN, passwordHash: HASH }, /^password and passwordHash are both/], // prettier-ignore
    ['two previous ones', { ...LOGIN, previousPassword: 'canary-old', previousPasswordHash: HASH, previousPasswordNotAfter: JUNE }, /^previousPassword and previousPasswordHash are both/], // prettier-ignore
    ['no current password', { username: 'u', previousPassword: 'canary', previousPasswordNotAfter: JUNE }, /^password is missing/], // prettier-ignore
    ['a hash that is none', { username: 'u', passwordHash: 'canary' }, /^passwordHash must be one bcrypt hash/], // prettier-ignore
    ['a hash of an hour', { username: 'u', passwordHash: HASH.replace('$04$', '$20$') }, /^passwordHash is a bcrypt hash of another cost/], // prettier-ignore
    ['an empty hash', { username: 'u', passwordHash: '' }, /^passwordHash must be/],
    ['a previous password without end', { ...LOGIN, previousPassword: 'canary-old' }, /^previousPasswordNotAfter is missing/], // prettier-ignore
    ['the same password twice', { ...LOGIN, previousPassword: 'canary', previousPasswordNotAfter: JUNE }, /^previousPassword is that of password/], // prettier-ignore
    ['the same login twice', { ...LOGIN, ...listed({ username: 'ci', password: 'x' }, LOGIN) }, /^entries\[1\]\.password is that of password/], // prettier-ignore
    ['the same hash twice', listed(...[1, 2].map(() => ({ username: 'u', passwordHash: HASH }))), /^entries\[1\]\.passwordHash is that of entries\[0\]\.passwordHash/], // prettier-ignore
    ['a day that is none', { ...LOGIN, notAfter: '2027-02-30T00:00:00Z' }, /^notAfter must be a time/], // prettier-ignore
    ['a date without time', { ...LOGIN, notBefore: '2027-01-01' }, /^notBefore must be a time/],
    ['an empty date', { ...LOGIN, notAfter: '' }, /^notAfter must be a time/],
    ['no time between', { ...LOGIN, notBefore: JUNE, notAfter: JANUARY }, /^notAfter is not after/],
    ['no time at all', { ...LOGIN, notBefore: JUNE, notAfter: JUNE }, /^notAfter is not after/],
    ['an unknown action', { ...LOGIN, actions: 'pull,canary' }, /^actions must be some of/],
    ['the action of all', { ...LOGIN, actions: '*' }, /^actions must be some of.*correct it/],
    ['no action', { ...LOGIN, actions: '' }, /^actions must be some of/],
    ['an action twice', { ...LOGIN, actions: 'pull,pull' }, /^actions must be some of/],
    ['a key in other case', { ...LOGIN, notafter: JUNE }, /meant as notAfter/],
    ['a key with a dash', { ...LOGIN, 'not-after': JUNE }, /meant as notAfter/],
    ['a key with a slip', { ...LOGIN, notAftr: JUNE }, /meant as notAfter/],
    ['a key in the singular', { ...LOGIN, action: 'pull' }, /meant as actions/],
    ['a slip in a long key', { ...LOGIN, previousPasword: 'x' }, /meant as previousPassword\b/],
    ['a key that says more', { ...LOGIN, notAfterDate: JUNE }, /meant as notAfter/],
    ['a list in a file', { ...LOGIN, 'actions.json': '[]' }, /meant as actions/],
    ['a slip in the list', { ...LOGIN, entires: '[]' }, /meant as entries/],
    [
      'very many keys',
      { ...LOGIN, ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'x'])) },
      /more than 128 keys/,
    ],
    ['a key with an underscore', { username: 'u', password_hash: HASH }, /meant as passwordHash/], // prettier-ignore
    ['no JSON', { ...LOGIN, entries: 'canary' }, /^entries must be a JSON array/],
    [
      'half a JSON',
      { ...LOGIN, entries: '[{"username":"canary' },
      /is no JSON, from character 21 on/,
    ],
    ['no JSON with a place in it', { ...LOGIN, entries: 'at position 4242' }, /is no JSON: correct it$/], // prettier-ignore
    ['no list', { entries: '{"canary":1}' }, /^entries must be a JSON array/],
    ['an empty list alone', listed(), /^entries is empty/],
    ['an entry that is text', listed(LOGIN, 'canary'), /^entries\[1\] must be an object/],
    ['an entry that is a list', listed(['canary']), /^entries\[0\] must be an object/],
    ['null for an entry', listed(null), /^entries\[0\] must be an object/],
    [
      'an unknown key',
      listed(LOGIN, { ...LOGIN, canary: 1 }),
      /^entries\[1\]: key number 3 in it is none of/,
    ],
    ['a key of Object.prototype', { entries: '[{"__proto__":{"username":"canary"}}]' }, /^entries\[0\]: key number 1 in it is none/], // prettier-ignore
    ['a slip in an entry', listed({ username: 'u', pasword: 'canary' }), /^entries\[0\]: key number 2 in it is none of .*: spell it password$/], // prettier-ignore
    ['entries in an entry', listed({ ...LOGIN, entries: [] }), /^entries\[0\]: key number 3 in it is none of/], // prettier-ignore
    ['a key twice', { entries: '[{"username":"u","password":"canary","password":"x"}]' }, /^entries has an object with a key twice/], // prettier-ignore
    ['a number', listed({ username: 'u', password: 123456789 }), /^entries\[0\]\.password must be a string/], // prettier-ignore
    ['null for a password', listed({ username: 'u', password: null }), /^entries\[0\]\.password must be a string/], // prettier-ignore
    ['a text for actions', listed({ ...LOGIN, actions: 'pull' }), /^entries\[0\]\.actions must be a list of strings/], // prettier-ignore
    ['numbers for actions', listed({ ...LOGIN, actions: [1] }), /^entries\[0\]\.actions must be a list of strings/], // prettier-ignore
    ['no actions in an entry', listed({ ...LOGIN, actions: [] }), /^entries\[0\]\.actions must be some/], // prettier-ignore
    ['half a surrogate pair', listed({ username: 'u', password: 'canary\ud800' }), /^entries\[0\]\.password is not UTF-8/], // prettier-ignore
    ['a control character', listed({ username: 'u', password: 'can\0ary' }), /^entries\[0\]\.password holds a control/], // prettier-ignore
    ['a colon', listed({ username: 'canary:', password: 'x' }), /^entries\[0\]\.username holds a colon/], // prettier-ignore
    ['no password', listed(LOGIN, { username: 'u' }), /^entries\[1\]\.password is missing/],
    ['no user name', listed({ password: 'canary' }), /^entries\[0\]\.username is missing/],
    ['an incomplete login beside a list', { notAfter: JUNE, ...listed(LOGIN) }, /^username is missing/], // prettier-ignore
    ['several mistakes, all of them told', listed({ password: 'a\0', notAfter: 'x' }), /entries\[0\]\.username is missing.*; entries\[0\]\.password holds.*; entries\[0\]\.notAfter/], // prettier-ignore
    ['65 entries', many(65, (i) => ({ password: `canary-${i}` })), /^entries has more than 64/],
    ['1000 entries', many(1000, () => ({})), /^entries has more than 64/],
    ['five hashes of a user name', many(5, (i) => ({ passwordHash: hashes[i] })), /^more than 4 bcrypt hashes/], // prettier-ignore
    ['lists in lists', { entries: '['.repeat(30_000) }, /^entries must be a JSON array/],
    ['a MiB of entries', listed({ ...LOGIN, password: 'canary'.repeat(1 << 18) }), /larger than/],
  ]
  for (const [name, stringData, expected] of BAD) {
    it(`make the whole Secret a problem for ${name}`, () => {
      const reading = read(stringData)
      assert.ok(reading.kind === 'problem', JSON.stringify(reading))
      assert.equal(reading.namespace, 'team-a')
      assert.match(reading.problem, expected)
      assert.doesNotMatch(reading.problem, /canary|can:|123456789/)
    })
  }

  it('have room for 64 entries beside a login', () => {
    const entries = many(64, (i) => ({ password: `canary-${i}` }))
    assert.equal(good({ ...LOGIN, ...entries }).credentials.length, 65)
  })

  it('never print a value, throw, or hold more than they may, whatever is in them', () => {
    const canary = 'canary'
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }).map((text) => `${canary}${text}`),
      fc.constantFrom(canary, HASH, JUNE, `${canary}\n`, 'pull', ''),
    )
    const key = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...ENTRY_KEYS) },
      { weight: 1, arbitrary: fc.constantFrom(canary, 'entries', '__proto__', 'not-after') },
    )
    const entry = fc.dictionary(
      key,
      fc.oneof(
        { weight: 6, arbitrary: value },
        { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }) },
        { weight: 1, arbitrary: fc.anything() },
      ),
      { maxKeys: 6 },
    )
    const json = fc.oneof(
      fc.array(entry, { maxLength: 4 }).map((entries) => JSON.stringify(entries)),
      fc.string({ maxLength: 20 }).map((text) => `[{"${canary}":${text}`),
    )
    const secret = fc.record({ own: fc.dictionary(key, value, { maxKeys: 6 }), json }, {})
    const kinds = new Set<string>()
    fc.assert(
      fc.property(secret, fc.boolean(), ({ own, json }, list) => {
        const reading = read({ ...own, ...(list ? { entries: json } : {}) })
        kinds.add(reading.kind)
        const text = JSON.stringify(reading, (name, part: unknown) =>
          name === 'username' ? undefined : part,
        )
        assert.doesNotMatch(text, /canary/i)
        assert.ok(!text.includes(HASH))
        assert.ok(text.length < 4000, text)
      }),
      { numRuns: 2000 },
    )
    assert.deepEqual([...kinds].sort(), ['credentials', 'problem'])
  })
})
