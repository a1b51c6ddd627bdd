import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseBasic } from '../../../../src/credentials/basic-auth.ts'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { readSecret } from '../../../../src/credentials/secret/secret-format.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const options = {
  secretName: 'registry-credentials',
  hasher,
  bindingKey: createSecretKey(Buffer.alloc(32, 2)),
}
const read = (manifest: unknown) => readSecret(manifest, options)

const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64')
const DATA = { username: base64('team-a'), password: base64('canary') }
const METADATA = { name: 'registry-credentials', namespace: 'team-a' }
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: METADATA, data: DATA }

function credentialOf(manifest: unknown) {
  const reading = read(manifest)
  assert.ok(reading.kind === 'credentials', JSON.stringify(reading))
  const [credential, ...more] = reading.credentials
  assert.deepEqual(more, [])
  return credential ?? assert.fail('no credential')
}

function holds(manifest: unknown, username: string, password: string) {
  const credential = credentialOf(manifest)
  assert.equal(credential.username, username)
  assert.deepEqual(credential.secret, { kind: 'keyed', hash: hasher.hash(password) })
}

describe('readSecret', () => {
  it('reads a Secret', () => {
    const reading = read(SECRET)
    assert.ok(reading.kind === 'credentials')
    const { generation, ...credential } = credentialOf(SECRET)
    assert.deepEqual(credential, {
      id: 'team-a/registry-credentials',
      namespace: 'team-a',
      username: 'team-a',
      secret: { kind: 'keyed', hash: hasher.hash('canary') },
    })
    assert.match(generation, /^[\w-]{16}$/)
    assert.deepEqual(reading.warnings, [])
  })

  it('reads what kubectl prints, whatever the type', () => {
    holds(
      {
        ...SECRET,
        type: 'kubernetes.io/basic-auth',
        immutable: true,
        metadata: { ...METADATA, uid: 'x', annotations: {}, deletionTimestamp: null },
      },
      'team-a',
      'canary',
    )
  })

  it('knows the namespace by where the Secret lives, never by what is written in it', () => {
    const data = { ...DATA, username: base64('team-b'), namespace: base64('team-b') }
    assert.equal(credentialOf({ ...SECRET, data }).namespace, 'team-a')
  })

  const plain: readonly (readonly [string, object, string, string])[] = [
    [
      'stringData alone',
      { data: undefined, stringData: { username: 'u', password: 'p' } },
      'u',
      'p',
    ],
    ['stringData over data', { stringData: { password: 'p' } }, 'team-a', 'p'],
    ['null for stringData', { stringData: null }, 'team-a', 'canary'],
    ['null for another key', { data: { ...DATA, other: null } }, 'team-a', 'canary'],
    ['null for data', { data: null, stringData: { username: 'u', password: 'p' } }, 'u', 'p'],
    ['colons in the password', { stringData: { password: ':a:b:' } }, 'team-a', ':a:b:'],
    ['UTF-8', { stringData: { username: 'é', password: '€😀' } }, 'é', '€😀'],
    ['UTF-8 in base64', { data: { ...DATA, password: base64('€😀') } }, 'team-a', '€😀'],
    ['spaces as they are', { stringData: { password: ' p ' } }, 'team-a', ' p '],
  ]
  for (const [name, change, username, password] of plain) {
    it(`takes ${name}`, () => {
      holds({ ...SECRET, ...change }, username, password)
    })
  }

  it('gives another generation to another password, user name or namespace', () => {
    const generations = [
      SECRET,
      { ...SECRET, stringData: { password: 'other' } },
      { ...SECRET, stringData: { username: 'other' } },
      { ...SECRET, metadata: { ...METADATA, namespace: 'team-b' } },
    ].map((manifest) => credentialOf(manifest).generation)
    assert.equal(new Set(generations).size, generations.length)
  })

  it('gives the same generation to data and stringData of the same text', () => {
    const stringData = { username: 'team-a', password: 'canary' }
    const { generation } = credentialOf({ ...SECRET, data: undefined, stringData })
    assert.equal(generation, credentialOf(SECRET).generation)
  })

  const ignored: readonly (readonly [string, object])[] = [
    ['another kind', { kind: 'ConfigMap' }],
    ['another API version', { apiVersion: 'v2' }],
    ['another name', { metadata: { ...METADATA, name: 'registry-pull-secret' } }],
    ['another name, however bad the rest', { metadata: { name: 'other' }, data: 5 }],
    ['a longer name', { metadata: { ...METADATA, name: 'registry-credentials-old' } }],
    [
      'a Secret that is being deleted',
      { metadata: { ...METADATA, deletionTimestamp: '2026-11-01T00:00:00Z' } },
    ],
  ]
  for (const [name, change] of ignored) {
    it(`ignores ${name}`, () => {
      assert.deepEqual(read({ ...SECRET, ...change }), { kind: 'ignored' })
    })
  }

  it('tells of a name that is nearly the right one', () => {
    for (const slip of ['registry-credential', 'registry-credentails']) {
      const reading = read({ ...SECRET, metadata: { ...METADATA, name: slip } })
      assert.deepEqual(reading, { kind: 'ignored', slip })
    }
  })

  const unnamed: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['null', null],
    ['text', 'canary'],
    ['a list', [SECRET]],
    ['a mapping without kind', { ...SECRET, kind: undefined }],
    ['a mapping without apiVersion', { ...SECRET, apiVersion: undefined }],
    ['no metadata', { ...SECRET, metadata: undefined }],
    ['metadata that is text', { ...SECRET, metadata: 'canary' }],
    ...[
      undefined,
      null,
      5,
      '',
      'Team-A',
      'a_b',
      'a.b',
      'a/b',
      '-a',
      'a-',
      'a\n',
      'é',
      'a'.repeat(64),
    ].map(
      (namespace) =>
        [
          `the namespace ${JSON.stringify(namespace)}`,
          { ...SECRET, metadata: { ...METADATA, namespace } },
        ] as const,
    ),
  ]
  for (const [name, manifest] of unnamed) {
    it(`has a problem without a namespace with ${name}`, () => {
      const reading = read(manifest)
      assert.ok(reading.kind === 'problem')
      assert.ok(!('namespace' in reading))
    })
  }

  const MANY = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, 'x'.repeat(1024)]))
  const named: readonly (readonly [string, object, RegExp])[] = [
    ['no name', { metadata: { namespace: 'team-a' } }, /metadata\.name/],
    ['a name that is a number', { metadata: { ...METADATA, name: 5 } }, /metadata\.name/],
    ['no data', { data: undefined }, /username is missing/],
    ['data that is text', { data: 'canary' }, /mappings/],
    ['data that is a list', { data: ['canary'] }, /mappings/],
    ['stringData that is text', { stringData: 'canary' }, /mappings/],
    ['no username', { data: { password: DATA.password } }, /username is missing/],
    ['no password', { data: { username: DATA.username } }, /password is missing/],
    ['null for a password', { data: { ...DATA, password: null } }, /password is missing/],
    ['an empty username', { data: { ...DATA, username: '' } }, /username is empty/],
    ['an empty password', { data: { ...DATA, password: '' } }, /password is empty/],
    ['an empty password in stringData', { stringData: { password: '' } }, /password is empty/],
    ['a number', { stringData: { password: 12345 } }, /password must be a string/],
    ['a boolean', { stringData: { username: true } }, /username must be a string/],
    ['bytes', { data: { ...DATA, password: Buffer.from('canary') } }, /password must be a string/],
    ['plain text in data', { data: { ...DATA, password: 'canary!' } }, /password is not base64/],
    ['base64 without padding', { data: { ...DATA, password: 'Y2FuYXJ5cw' } }, /not base64/],
    ['base64 on two lines', { data: { ...DATA, password: 'Y2Fu\nYXJ5' } }, /not base64/],
    ['base64url', { data: { ...DATA, password: '-_-_' } }, /not base64/],
    [
      'bytes that are no UTF-8',
      { data: { ...DATA, password: base64(Buffer.from([0xff, 0xfe])) } },
      /password is not UTF-8/,
    ],
    [
      'half a surrogate pair',
      { stringData: { password: 'canary\ud800' } },
      /password is not UTF-8/,
    ],
    ['a colon in the username', { stringData: { username: 'can:ary' } }, /username holds a colon/],
    ['NUL in the username', { stringData: { username: 'can\0ary' } }, /username holds a control/],
    ['NUL in the password', { stringData: { password: 'canary\0' } }, /password holds a control/],
    ['a newline inside', { stringData: { password: 'can\nary' } }, /password holds a control/],
    ['two newlines', { stringData: { password: 'canary\n\n' } }, /password holds a control/],
    ['more than a header holds', { stringData: { password: 'canary'.repeat(600) } }, /longer than/],
    [
      'more than 32 KiB in data',
      { data: { ...DATA, other: base64('x'.repeat(33_000)) } },
      /larger/,
    ],
    ['more than 32 KiB in stringData', { stringData: { other: 'x'.repeat(33_000) } }, /larger/],
    ['more than 32 KiB in many keys', { stringData: MANY }, /larger/],
  ]
  for (const [name, change, expected] of named) {
    it(`names the namespace and the problem of ${name}, not the content`, () => {
      const reading = read({ ...SECRET, ...change })
      assert.ok(reading.kind === 'problem')
      assert.equal(reading.namespace, 'team-a')
      assert.match(reading.problem, expected)
      assert.doesNotMatch(reading.problem, /canary|can:|Y2Fu/)
    })
  }

  it('takes 30 KiB of other data', () => {
    const data = { ...DATA, other: base64('x'.repeat(30 * 1024)) }
    holds({ ...SECRET, data }, 'team-a', 'canary')
  })

  for (const [key, text] of [
    ['username', 'team-a\n'],
    ['password', 'canary\n'],
    ['password', 'canary\r\n'],
  ] as const) {
    it(`warns of ${JSON.stringify(text)} for a ${key} and keeps every byte of it`, () => {
      const reading = read({ ...SECRET, data: { ...DATA, [key]: base64(text) } })
      assert.ok(reading.kind === 'credentials')
      const [{ username, secret } = assert.fail('no credential')] = reading.credentials
      if (key === 'username') assert.equal(username, text)
      else assert.deepEqual(secret, { kind: 'keyed', hash: hasher.hash(text) })
      const [warning, ...more] = reading.warnings
      assert.deepEqual(more, [])
      assert.match(String(warning), new RegExp(`^Secret team-a/registry-credentials: ${key} ends`))
      assert.doesNotMatch(String(warning), /canary/)
    })
  }

  it('holds only what a client can send, and all of that', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ unit: 'binary', minLength: 1 }),
        (username, password) => {
          const reading = read({ ...SECRET, stringData: { username, password } })
          const header = `Basic ${base64(`${username}:${password}`)}`
          const sent = parseBasic(header)
          const same =
            sent.ok &&
            sent.value?.username === username &&
            sent.value.password.reveal() === password
          assert.equal(reading.kind === 'credentials' && reading.warnings.length === 0, same)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('never throws and never makes a credential out of anything else', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        assert.notEqual(read(value).kind, 'credentials')
        for (const key of Object.keys(SECRET)) {
          const { kind } = read({ ...SECRET, [key]: value })
          assert.notEqual(kind, 'credentials', key)
        }
      }),
    )
  })
})
