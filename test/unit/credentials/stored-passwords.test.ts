import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createAuthenticator } from '../../../src/credentials/authenticate.ts'
import { createStoredPasswords } from '../../../src/credentials/stored-passwords.ts'
import { createBcryptChecks } from '../../../src/credentials/bcrypt-checks.ts'
import { standInHash } from '../../../src/credentials/bcrypt-hash.ts'
import type { Credential } from '../../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { createPasswordHasher, type PasswordHasher } from '../../../src/credentials/password.ts'
import type { IdentitySource } from '../../../src/credentials/source.ts'
import { Redacted } from '../../../src/redacted.ts'
import type { Result } from '../../../src/refusal.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))

const credential = (namespace: string, username: string, password: string): Credential => ({
  id: `${namespace}/registry-credentials`,
  generation: `generation of ${namespace}`,
  namespace,
  username,
  secret: { kind: 'keyed', hash: hasher.hash(password) },
})

/** With a hash that {@link start} takes for that of the password. */
const slow = (namespace: string, username: string, password: string, cost = 4): Credential => ({
  ...credential(namespace, username, password),
  generation: `generation of ${namespace} ${password}`,
  secret: { kind: 'bcrypt', hash: new Redacted(`hash of ${password}`), cost },
})

/** Knows tokens, of which none is good. */
const tokens: IdentitySource = {
  name: 'tokens',
  claims: (password) => password.reveal().startsWith('token'),
  ask: ({ isToken = false }) =>
    Promise.resolve({ kind: isToken ? 'no' : 'not-mine', detail: 'no token of mine' }),
}

async function refusalOf(login: Promise<Result<unknown>>) {
  const result = await login
  assert.ok(!result.ok)
  return result.refusal
}

/** Compares in place of bcrypt, and tells with which hashes. */
function start(
  credentials: readonly Credential[],
  used: PasswordHasher = hasher,
  { owns = false, others = [] }: { owns?: boolean; others?: readonly IdentitySource[] } = {},
) {
  const compared: string[] = []
  const state = { index: createCredentialIndex(credentials), now: 1000, compare: fits }
  function fits(password: string, hash: string): Promise<boolean> {
    compared.push(hash)
    return Promise.resolve(hash === `hash of ${password}`)
  }
  const clock = () => state.now
  const authenticate = createAuthenticator([
    createStoredPasswords(
      {
        store: {
          byUsername: (username) => state.index.byUsername(username),
          find: (reference) => state.index.find(reference),
          bcryptCost: () => state.index.bcryptCost(),
        },
        ...{ hasher: used, clock },
        bcrypt: createBcryptChecks({
          compare: (password, hash) => state.compare(password, hash),
          clock,
          limits: { atOnce: 2, waiting: 10, perShare: 10 },
        }),
      },
      { name: 'secrets', owns },
    ),
    ...others,
  ])
  const login = (username: string, password: string) =>
    authenticate({ username, password: new Redacted(password) })
  /** The namespaces, joined, or the reason. */
  async function namespaces(username: string, password: string): Promise<string> {
    const result = await login(username, password)
    return result.ok ? result.value.namespaces.join() : result.refusal.reason
  }
  return { state, compared, login, namespaces }
}

const authenticator = (credentials: readonly Credential[], used?: PasswordHasher) =>
  start(credentials, used).login

const login = authenticator([
  credential('team-c', 'robot', 'shared'),
  credential('team-a', 'team-a', 'one'),
  credential('team-b', 'robot', 'shared'),
  credential('team-d', 'robot', 'other'),
])

describe('createStoredPasswords', () => {
  for (const owns of [false, true]) {
    it(`compares no token with bcrypt, whoever is named beside it${owns ? ': users' : ''}`, async () => {
      const { compared, namespaces } = start([slow('team-a', 'team-a', 'one')], hasher, {
        owns,
        others: [tokens],
      })
      for (const name of ['team-a', 'nobody']) {
        assert.equal(await namespaces(name, 'token'), 'credentials_invalid')
      }
      assert.deepEqual(compared, [])
      assert.equal(await namespaces('team-a', 'one'), 'team-a')
      assert.equal(compared.length, 1)
    })
  }

  it('makes a subject of the right password', async () => {
    assert.deepEqual(await login('team-a', 'one'), {
      ok: true,
      value: {
        account: 'team-a',
        namespaces: ['team-a'],
        credentials: [
          {
            id: 'team-a/registry-credentials',
            generation: 'generation of team-a',
            namespace: 'team-a',
          },
        ],
      },
    })
  })

  it('lets the password decide between namespaces of one user name', async () => {
    const result = await login('robot', 'other')
    assert.deepEqual(result.ok && result.value.namespaces, ['team-d'])
  })

  it('gives every namespace that the password fits, sorted, with their credentials', async () => {
    const result = await login('robot', 'shared')
    assert.ok(result.ok)
    assert.deepEqual(result.value.namespaces, ['team-b', 'team-c'])
    assert.deepEqual(result.value.credentials.map(({ id }) => id).sort(), [
      'team-b/registry-credentials',
      'team-c/registry-credentials',
    ])
  })

  it('names a namespace once', async () => {
    const first = credential('team-a', 'robot', 'one')
    const result = await authenticator([first, { ...first, id: 'team-a/second' }])('robot', 'one')
    assert.ok(result.ok)
    assert.deepEqual(result.value.namespaces, ['team-a'])
    assert.equal(result.value.credentials.length, 2)
  })

  it('lets nothing of a password out', async () => {
    const known = JSON.stringify(await login('team-a', 'one'))
    assert.doesNotMatch(known, /secret|hash/i)
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
    it(`has the one refusal for ${name}`, async () => {
      const result = await login(username, password)
      assert.equal(result.ok ? undefined : result.refusal.reason, 'credentials_invalid')
    })
  }

  it('tells the log alone which of the two it was, and nothing that the client wrote', async () => {
    const detailOf = async (username: string, password: string) => {
      const result = await login(username, password)
      return result.ok ? undefined : result.refusal.detail
    }
    assert.equal(await detailOf('team-a', 'canary'), 'wrong password for team-a')
    const unknown = 'unknown user name: no Secret that can be used has it'
    assert.equal(await detailOf('canary', 'one'), unknown)
  })

  it('hashes once a login, whether the user name is known or not', async () => {
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
      await one(username, password)
      assert.equal(hashed, 1, username)
    }
  })

  it('accepts exactly the namespaces whose user name and password are the presented ones', async () => {
    const word = fc.constantFrom('a', 'b', 'c')
    const entries = fc.array(fc.tuple(word, word), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(entries, word, word, async (pairs, username, password) => {
        const known = pairs.map(([u, p], i) => credential(`team-${i}`, u, p))
        const result = await authenticator(known)(username, password)
        const expected = pairs.flatMap(([u, p], i) =>
          u === username && p === password ? [`team-${i}`] : [],
        )
        assert.equal(result.ok, expected.length > 0)
        if (result.ok) assert.deepEqual(result.value.namespaces, expected)
      }),
    )
  })

  it('knows a credential from its first instant to its last', async () => {
    const old = { ...credential('team-a', 'robot', 'one'), generation: 'old', notAfter: 1000 }
    const next = { ...credential('team-a', 'robot', 'two'), notBefore: 1000 }
    const { state, login, namespaces } = start([old, next])
    const both = async () => [await namespaces('robot', 'one'), await namespaces('robot', 'two')]
    assert.deepEqual(await both(), ['credentials_invalid', 'team-a'])
    const detailOf = async (password: string) => (await refusalOf(login('robot', password))).detail
    const ended = 'it is one of team-a/registry-credentials that ended at 1970-01-01T00:16:40Z'
    assert.equal(await detailOf('one'), `wrong password for team-a; ${ended}`)
    assert.equal(await detailOf('three'), 'wrong password for team-a')
    state.now = 999.9
    assert.deepEqual(await both(), ['team-a', 'credentials_invalid'])
  })

  it('tells the log when what nobody can log in with any more ended, and the client nothing of it', async () => {
    const { login } = start([{ ...credential('team-a', 'team-a', 'one'), notAfter: 1000 }])
    const { reason, detail } = await refusalOf(login('team-a', 'one'))
    const words = 'that of team-a/registry-credentials ended at 1970-01-01T00:16:40Z'
    assert.deepEqual([reason, detail], ['credentials_invalid', `unknown user name: ${words}`])
  })

  describe('with bcrypt', () => {
    it('takes the right password and no other', async () => {
      const { namespaces } = start([slow('team-a', 'team-a', 'one')])
      assert.equal(await namespaces('team-a', 'one'), 'team-a')
      assert.equal(await namespaces('team-a', 'two'), 'credentials_invalid')
      assert.equal(await namespaces('nobody', 'one'), 'credentials_invalid')
    })

    it('gives every namespace that the password fits', async () => {
      const known = [slow('team-b', 'robot', 'one'), slow('team-a', 'robot', 'one')]
      const { namespaces } = start([...known, slow('team-c', 'robot', 'two')])
      assert.equal(await namespaces('robot', 'one'), 'team-a,team-b')
    })

    it('does not keep a right password waiting that is right without', async () => {
      const { state, namespaces } = start([
        slow('team-b', 'robot', 'one'),
        credential('team-a', 'robot', 'one'),
      ])
      state.compare = () => new Promise(() => undefined)
      assert.equal(await namespaces('robot', 'one'), 'team-a')
    })

    it('costs a comparison whatever is wrong, while there is a hash anywhere', async () => {
      const known = [slow('team-a', 'team-a', 'one', 5), credential('team-b', 'team-b', 'one')]
      const ended = { ...slow('team-c', 'team-c', 'one', 5), notAfter: 1000 }
      const { state, compared, namespaces } = start([...known, ended])
      for (const username of ['team-a', 'team-b', 'team-c', 'nobody']) {
        compared.length = 0
        assert.equal(await namespaces(username, 'wrong'), 'credentials_invalid')
        const hash = username === 'team-a' ? 'hash of one' : standInHash(5)
        assert.deepEqual(compared, [hash], username)
      }
      compared.length = 0
      state.index = createCredentialIndex([credential('team-b', 'team-b', 'one')])
      await namespaces('nobody', 'wrong')
      assert.deepEqual(compared, [])
    })

    it('answers that it is busy for known and unknown user names alike', async () => {
      const { state, namespaces } = start([slow('team-a', 'team-a', 'one')])
      const real = state.compare
      for (const username of ['team-a', 'nobody']) {
        let go = (): void => undefined
        const held = new Promise<void>((resolve) => (go = resolve))
        state.compare = async (password, hash) => {
          await held
          return real(password, hash)
        }
        const waiting = Array.from({ length: 10 }, (_, i) => namespaces(username, `wrong-${i}`))
        assert.equal(await namespaces(username, 'one more'), 'passwords_busy')
        go()
        assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['credentials_invalid']))
      }
    })

    it('tells a guess that was looked at in part from one that was not', async () => {
      const { state, login } = start([
        slow('team-a', 'team-b', 'evil'),
        { ...slow('team-a', 'flooded', 'one'), generation: 'other' },
        slow('team-b', 'team-b', 'one'),
      ])
      let go = (): void => undefined
      const held = new Promise<void>((resolve) => (go = resolve))
      state.compare = async () => {
        await held
        return false
      }
      for (let i = 0; i < 10; i += 1) void login('flooded', `wrong ${i}`)
      const both = Promise.all([login('flooded', 'one more'), login('team-b', 'guess')])
      go()
      for (const [i, result] of (await both).entries()) {
        const refusal = { reason: 'passwords_busy', guessed: i === 1 }
        assert.deepEqual(result.ok || result.refusal, refusal)
      }
    })

    it('takes what fits while another namespace of the user name is busy', async () => {
      const { state, namespaces } = start([
        slow('team-a', 'robot', 'one'),
        slow('team-b', 'robot', 'two'),
      ])
      assert.equal(await namespaces('robot', 'one'), 'team-a')
      state.compare = () => new Promise(() => undefined)
      for (let i = 0; i < 10; i += 1) void namespaces('robot', `wrong-${i}`)
      assert.equal(await namespaces('robot', 'one'), 'team-a', 'is remembered')
    })

    it('compares with the hashes of others no oftener than with its own, while the password is right', async () => {
      const evil = [1, 2, 3, 4].map((i) => slow('team-a', 'team-b', `evil ${i}`, 12))
      const { state, compared, namespaces } = start([...evil, slow('team-b', 'team-b', 'one')])
      for (let i = 0; i < 3; i += 1) assert.equal(await namespaces('team-b', 'one'), 'team-b')
      assert.equal(compared.length, 5)
      // What changed is looked at, and it alone.
      state.index = createCredentialIndex([
        ...evil.slice(1),
        slow('team-c', 'team-b', 'one'),
        slow('team-b', 'team-b', 'one'),
      ])
      compared.length = 0
      assert.equal(await namespaces('team-b', 'one'), 'team-b,team-c')
      assert.equal(compared.length, 1)
      state.now += 60
      assert.equal(await namespaces('team-b', 'one'), 'team-b,team-c')
      assert.equal(compared.length, 1 + 5)
    })

    it('remembers nothing of a password that fits nowhere', async () => {
      const { compared, namespaces } = start([
        slow('team-a', 'team-b', 'evil'),
        slow('team-b', 'team-b', 'one'),
      ])
      for (let i = 0; i < 2; i += 1) {
        assert.equal(await namespaces('team-b', 'wrong'), 'credentials_invalid')
      }
      assert.equal(compared.length, 4)
    })

    it('takes no password of a Secret that changed or ended during the comparison', async () => {
      for (const meanwhile of ['changed', 'ended'] as const) {
        const { state, namespaces } = start([
          { ...slow('team-a', 'team-a', 'one'), notAfter: 1001 },
        ])
        state.compare = () => {
          if (meanwhile === 'changed') {
            state.index = createCredentialIndex([slow('team-a', 'team-a', 'two')])
          } else state.now = 1001
          return Promise.resolve(true)
        }
        assert.equal(await namespaces('team-a', 'one'), 'credentials_invalid', meanwhile)
      }
    })

    it('compares with one hash of each namespace before a second of any', async () => {
      const evil = ['aa', 'ab'].flatMap((namespace) =>
        [1, 2, 3, 4].map((i) => slow(namespace, 'platform-ci', `evil ${i}`)),
      )
      const { namespaces } = start([...evil, slow('platform', 'platform-ci', 'one')])
      assert.equal(await namespaces('platform-ci', 'one'), 'platform')
    })

    it('compares with few hashes, those of the namespace called so first, and says so', async () => {
      const others = Array.from({ length: 20 }, (_, i) => slow(`team-${i}`, 'team-z', `one-${i}`))
      const { compared, login, namespaces } = start([...others, slow('team-z', 'team-z', 'one')])
      assert.equal(await namespaces('team-z', 'one'), 'team-z')
      assert.equal(compared.length, 8)
      const result = await login('team-z', 'wrong')
      assert.match(result.ok ? '' : (result.refusal.detail ?? ''), /^wrong password for team-0, .*not compared: 13$/) // prettier-ignore
    })

    it('fails where bcrypt fails, and for nobody else', async () => {
      const { state, login, namespaces } = start([
        slow('team-a', 'team-a', 'one'),
        credential('team-b', 'team-b', 'one'),
      ])
      state.compare = () => Promise.reject(new Error('no bcrypt here'))
      const failed = await login('team-a', 'one')
      assert.deepEqual(failed.ok || failed.refusal, {
        ...{ reason: 'identity_unavailable', guessed: false, detail: 'no bcrypt here' },
      })
      assert.equal(await namespaces('team-b', 'one'), 'team-b')
      assert.equal(await namespaces('team-b', 'two'), 'credentials_invalid')
      assert.equal(await namespaces('nobody', 'one'), 'credentials_invalid')
    })
  })
})
