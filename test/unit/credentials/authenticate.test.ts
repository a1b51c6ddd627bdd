import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createAuthenticator } from '../../../src/credentials/authenticate.ts'
import type { Credential } from '../../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { createPasswordHasher, type PasswordHasher } from '../../../src/credentials/password.ts'
import { Redacted } from '../../../src/redacted.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))

const credential = (namespace: string, username: string, password: string): Credential => ({
  id: `${namespace}/registry-credentials`,
  generation: `generation of ${namespace}`,
  namespace,
  username,
  passwordHash: hasher.hash(password),
})

function authenticator(credentials: readonly Credential[], used: PasswordHasher = hasher) {
  const store = createCredentialIndex(credentials)
  const authenticate = createAuthenticator({ store, hasher: used })
  return (username: string, password: string) =>
    authenticate({ username, password: new Redacted(password) })
}

const login = authenticator([
  credential('team-c', 'robot', 'shared'),
  credential('team-a', 'team-a', 'one'),
  credential('team-b', 'robot', 'shared'),
  credential('team-d', 'robot', 'other'),
])

describe('createAuthenticator', () => {
  it('makes a subject of the right password', () => {
    assert.deepEqual(login('team-a', 'one'), {
      ok: true,
      value: {
        account: 'team-a',
        namespaces: ['team-a'],
        credentials: [{ id: 'team-a/registry-credentials', generation: 'generation of team-a' }],
      },
    })
  })

  it('lets the password decide between namespaces of one user name', () => {
    const result = login('robot', 'other')
    assert.deepEqual(result.ok && result.value.namespaces, ['team-d'])
  })

  it('gives every namespace that the password fits, sorted, with their credentials', () => {
    const result = login('robot', 'shared')
    assert.ok(result.ok)
    assert.deepEqual(result.value.namespaces, ['team-b', 'team-c'])
    assert.deepEqual(result.value.credentials.map(({ id }) => id).sort(), [
      'team-b/registry-credentials',
      'team-c/registry-credentials',
    ])
  })

  it('names a namespace once', () => {
    const first = credential('team-a', 'robot', 'one')
    const result = authenticator([first, { ...first, id: 'team-a/second' }])('robot', 'one')
    assert.ok(result.ok)
    assert.deepEqual(result.value.namespaces, ['team-a'])
    assert.equal(result.value.credentials.length, 2)
  })

  it('lets no hash of a password out', () => {
    assert.ok(!JSON.stringify(login('team-a', 'one')).includes('asswordHash'))
  })

  const wrong: readonly (readonly [string, string, string])[] = [
    ['an unknown user name', 'nobody', 'one'],
    ['a wrong password', 'team-a', 'two'],
    ['an empty password', 'team-a', ''],
    ['an empty password of an unknown user name', 'nobody', ''],
    ['the password of another', 'team-a', 'shared'],
    ['a password in other case', 'team-a', 'ONE'],
    ['a user name in other case', 'TEAM-A', 'one'],
    ['a newline at the end', 'team-a', 'one\n'],
    ['a name of Object.prototype', '__proto__', 'one'],
  ]
  for (const [name, username, password] of wrong) {
    it(`has the one refusal for ${name}`, () => {
      const result = login(username, password)
      assert.equal(result.ok ? undefined : result.refusal.reason, 'credentials_invalid')
    })
  }

  it('tells the log alone which of the two it was, and nothing that the client wrote', () => {
    const detailOf = (username: string, password: string) => {
      const result = login(username, password)
      return result.ok ? undefined : result.refusal.detail
    }
    assert.equal(detailOf('team-a', 'canary'), 'wrong password for team-a')
    assert.equal(detailOf('canary', 'one'), 'unknown user name')
  })

  it('hashes once a login, whether the user name is known or not', () => {
    let hashed = 0
    const counting: PasswordHasher = {
      hash(password) {
        hashed += 1
        return hasher.hash(password)
      },
    }
    const one = authenticator([credential('team-a', 'team-a', 'one')], counting)
    for (const [username, password] of [
      ['team-a', 'one'],
      ['team-a', 'two'],
      ['nobody', 'one'],
    ] as const) {
      hashed = 0
      one(username, password)
      assert.equal(hashed, 1, username)
    }
  })

  it('accepts exactly the namespaces whose user name and password are the presented ones', () => {
    const word = fc.constantFrom('a', 'b', 'c')
    const entries = fc.array(fc.tuple(word, word), { maxLength: 8 })
    fc.assert(
      fc.property(entries, word, word, (pairs, username, password) => {
        const known = pairs.map(([u, p], i) => credential(`team-${i}`, u, p))
        const result = authenticator(known)(username, password)
        const expected = pairs.flatMap(([u, p], i) =>
          u === username && p === password ? [`team-${i}`] : [],
        )
        assert.equal(result.ok, expected.length > 0)
        if (result.ok) assert.deepEqual(result.value.namespaces, expected)
      }),
    )
  })
})
