import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAuthenticator } from '../../src/credentials/authenticate.ts'
import { createBcryptChecks } from '../../src/credentials/bcrypt-checks.ts'
import { unusableSecret, type Credential } from '../../src/credentials/credential.ts'
import { createCredentialIndex } from '../../src/credentials/credential-index.ts'
import { createPasswordHasher } from '../../src/credentials/password.ts'
import type { IdentitySource } from '../../src/credentials/source.ts'
import { createStoredPasswords } from '../../src/credentials/stored-passwords.ts'
import { createIdentify } from '../../src/identify.ts'
import { LOGIN_CAUSES } from '../../src/login-cause.ts'
import { nextStep } from '../../src/next-steps.ts'
import { Redacted } from '../../src/redacted.ts'
import { refused, type Refusal } from '../../src/refusal.ts'

const NOW = 1_794_000_000
const hasher = createPasswordHasher(Buffer.alloc(32, 1))

function credential(namespace: string, password: string, times: Partial<Credential> = {}) {
  const id = `${namespace}/registry-credentials`
  const secret = { kind: 'keyed', hash: hasher.hash(password) } as const
  return { id, generation: password, namespace, username: namespace, secret, ...times }
}

const index = createCredentialIndex([
  credential('good', 'right'),
  credential('rotated', 'right'),
  credential('rotated', 'wrong', { notAfter: NOW - 1 }),
  credential('rotated-later', 'right'),
  credential('rotated-later', 'wrong', { notBefore: NOW + 1 }),
  credential('ended', 'right', { notAfter: NOW - 1 }),
  credential('waits', 'right', { notBefore: NOW + 1 }),
  { ...credential('other', 'right'), username: 'unusable-beside' },
])
const store = {
  ...index,
  ready: () => true,
  unusable: (namespace: string) =>
    namespace.startsWith('unusable')
      ? unusableSecret(`${namespace}/registry-credentials`, 'password is missing')
      : undefined,
}
const clock = () => NOW
const compare = () => Promise.resolve(false)
const stored = createStoredPasswords(
  { store, hasher, clock, bcrypt: createBcryptChecks({ compare, clock }) },
  { name: 'secrets', owns: false },
)
const others: IdentitySource = {
  name: 'others',
  ask: () => Promise.resolve({ kind: 'not-mine', detail: 'nobody of ours' }),
}

/** What is said of a login by name and password; `shut`: too many have failed. */
async function refusalOf(username: string, password: string, shut = false): Promise<Refusal> {
  const identify = createIdentify({
    ...{ clock, store, authenticate: createAuthenticator([others, stored]) },
    guard: (_, check) => (shut ? Promise.resolve(refused('too_many_failures')) : check()),
    refreshTokens: undefined,
  })
  const basic = { username, password: new Redacted(password) }
  const claimed = { service: 'r', presented: { kind: 'password', basic }, account: '' } as const
  const found = await identify(claimed, {}, () => undefined)
  return found.ok ? assert.fail('let in') : found.refusal
}

describe('what to do about a login that is refused', () => {
  const CASES = [
    ['good', false, 'password_wrong', /wrong password for good$/, /^Compare the user name/],
    ['nobody', false, 'username_unknown', /unknown user name/, /^Compare the user name/],
    [
      'rotated',
      false,
      'password_ended',
      /for rotated; it is one of rotated\/\S+ that ended at 2/,
      /^Give the client the current password/,
    ],
    ['rotated-later', false, 'password_wrong', /wrong password for rotated-later$/, /^Compare/],
    ['unusable', false, 'secret_unusable', /: password is missing$/, /^Correct the Secret/],
    ['unusable-beside', false, 'secret_unusable', /for other; the Secret/, /^Correct the Secret/],
    [
      'ended',
      false,
      'credential_out_of_time',
      /that of ended\/\S+ ended at 2/,
      /^Set a later notA/,
    ],
    ['waits', false, 'credential_out_of_time', /that of waits\/\S+ begins at 2/, /earlier notBef/],
    ['good', true, undefined, /^for good$/, /^Find the client/],
    ['unusable', true, 'secret_unusable', /^for unusable: the Secret/, /^Correct the Secret/],
  ] as const
  for (const [username, shut, cause, words, step] of CASES) {
    it(`${username}, ${shut ? 'too often' : 'once'}: ${cause ?? 'nothing more is known'}`, async () => {
      const refusal = await refusalOf(username, 'wrong', shut)
      assert.equal(refusal.cause, cause)
      assert.match(refusal.detail ?? '', words)
      assert.match(nextStep(refusal.reason, refusal.cause), step)
    })
  }

  it('has every cause among these', () => {
    assert.deepEqual(new Set(CASES.flatMap(([, , cause]) => cause ?? [])), new Set(LOGIN_CAUSES))
  })
})
