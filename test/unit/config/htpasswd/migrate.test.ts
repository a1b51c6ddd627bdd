import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { htpasswdEntries } from '../../../../src/config/htpasswd/entries.ts'
import { htpasswdSecrets, migrateHtpasswd } from '../../../../src/config/htpasswd/migrate.ts'
import { policyOf } from '../../../../src/config/policy-file.ts'
import { parseConfig } from '../../../../src/config/read.ts'
import { usersOfFile } from '../../../../src/config/users-file.ts'
import { createPasswordHasher } from '../../../../src/credentials/password.ts'
import { readSecret } from '../../../../src/credentials/secret/secret-format.ts'
import { grant } from '../../../../src/policy/grant.ts'
import { askerOf } from '../../../support/askers.ts'

const HASH = `$2y$05$${'.'.repeat(53)}`
const OTHER = `$2b$10$${'.'.repeat(53)}`
const entriesOf = (text: string) => htpasswdEntries(text, 'htpasswd')
const secretsOf = (text: string) =>
  htpasswdSecrets(entriesOf(text), { fileName: 'htpasswd', secretName: 'registry-credentials' })

describe('an htpasswd file', () => {
  it('is read as a registry reads it: comments, blank lines and CRLF are no users', () => {
    const entries = entriesOf(`# people\r\nalice:${HASH}\r\n\r\n  bob smith:${OTHER}\n`)
    assert.deepEqual(
      entries.map(({ username, hash, line }) => [username, hash.reveal(), line]),
      [
        ['alice', HASH, 2],
        ['bob smith', OTHER, 4],
      ],
    )
  })

  const MISTAKES: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['no users', '# nobody\n', /^htpasswd: has no users$/],
    ['no colon', `alice\n`, /^htpasswd:1: must be USER:HASH/],
    ['no name', `:${HASH}`, /^htpasswd:1: must begin with a user name/],
    [
      'MD5',
      'alice:$apr1$x$y',
      /^htpasswd:1: "alice" has no bcrypt hash.*next: make one with htpasswd -B,/,
    ],
    [
      'a name that a shell would run',
      "x'$(touch x)':{SHA}abc=",
      /next: make one with htpasswd -B, or/,
    ],
    ['SHA-1', 'alice:{SHA}abc=', /"alice" has no bcrypt hash/],
    ['a password', 'alice:hunter2', /"alice" has no bcrypt hash/],
    [
      'a dear hash',
      `alice:${HASH.replace('05', '14')}`,
      /"alice" is a bcrypt hash of another cost/,
    ],
    ['a broken hash', `alice:${HASH.slice(0, -1)}`, /the hash of "alice" must be one bcrypt hash/],
    ['a user twice', `a:${HASH}\n\na:${OTHER}`, /^htpasswd:3: "a" is in line 1 already/],
    ['several', 'a:x\nb:y\n', /^htpasswd:1: .*\nhtpasswd:2: /],
  ]
  for (const [what, text, message] of MISTAKES) {
    it(`is refused with a mistake, and no hash in the message: ${what}`, () => {
      assert.throws(
        () => entriesOf(text),
        (error: Error) => {
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /hunter2|\$apr1\$|abc=|\.{20}/)
          return true
        },
      )
    })
  }
})

describe('what becomes of it', () => {
  it('is a configuration of the same users, each of whom may do everything', () => {
    const { config, policy, users } = migrateHtpasswd(entriesOf(`alice:${HASH}\nbob:${OTHER}\n`))
    const realm = 'realm: https://registry.example/token\n'
    assert.equal(parseConfig(realm + config, 'rauth.yaml', {}).problems, undefined)
    assert.deepEqual(
      usersOfFile(users, 'users.yaml').people.map(({ username }) => username),
      ['alice', 'bob'],
    )
    const requested = [
      { type: 'repository', name: 'any/thing', actions: ['pull', 'push', 'delete'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]
    const granted = (account: string) =>
      grant(policyOf(policy, 'policy.yaml'), askerOf([{}], { account }), requested).access
    assert.deepEqual(granted('alice'), requested)
  })

  it('are Secrets that rauth reads, each in the namespace of its user', () => {
    const options = {
      secretName: 'registry-credentials',
      hasher: createPasswordHasher(Buffer.alloc(32, 1)),
      bindingKey: createSecretKey(Buffer.alloc(32, 2)),
    }
    const read = parseAllDocuments(secretsOf(`team-a:${HASH}\nteam-b:${OTHER}\n`)).map((one) =>
      readSecret(one.toJS(), options),
    )
    assert.deepEqual(
      read.map((one) => [one.kind, one.kind === 'ignored' ? undefined : one.namespace]),
      [
        ['credentials', 'team-a'],
        ['credentials', 'team-b'],
      ],
    )
  })

  it('are none where a user is called what no namespace can be', () => {
    assert.throws(
      () => secretsOf(`Alice:${HASH}`),
      /^RauthError: htpasswd:1: no namespace can be called "Alice"/,
    )
  })
})
