import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BoundedLimiter } from '../../../src/adapters/throttle/bounded-limiter.ts'
import { createFailureCounter } from '../../../src/adapters/throttle/failure-counter.ts'
import { createAuthenticator } from '../../../src/credentials/authenticate.ts'
import { createCredentialIndex } from '../../../src/credentials/credential-index.ts'
import { createGuessGuard } from '../../../src/credentials/guessing.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import type { IdentitySource } from '../../../src/credentials/source.ts'
import { createStoredPasswords } from '../../../src/credentials/stored-passwords.ts'
import { Redacted } from '../../../src/redacted.ts'

const FAILURES = 10

const hasher = createPasswordHasher(Buffer.alloc(32, 1))
const store = createCredentialIndex([
  {
    ...{ id: 'team-a/registry-credentials', generation: 'g', namespace: 'team-a' },
    username: 'team-a',
    secret: { kind: 'keyed', hash: hasher.hash('right') },
  },
])

const DOWN: IdentitySource = {
  name: 'http',
  ask: () => Promise.resolve({ kind: 'error', detail: 'the hook answered 500' }),
}

/** Secrets, and behind them a source that fails. */
function start() {
  const bcrypt = {
    check: () => Promise.resolve('mismatch' as const),
    standIn: () => Promise.resolve('mismatch' as const),
    rememberMismatch: () => undefined,
  }
  const parts = { store, hasher, bcrypt, clock: () => 0 }
  const secrets = createStoredPasswords(parts, { name: 'secrets', owns: false })
  const authenticate = createAuthenticator([secrets, DOWN])
  const limits = { window: 300, buckets: 100, timer: () => 0 }
  const guard = createGuessGuard({
    ...{ store, hasher, networkOf: (address: string) => address },
    failures: createFailureCounter({
      bySource: new BoundedLimiter({ ...limits, points: FAILURES }),
      byNetwork: new BoundedLimiter({ ...limits, points: 10 * FAILURES }),
      tokens: undefined,
      key: Buffer.alloc(32, 2),
    }),
  })
  return async (username: string, text: string) => {
    const password = new Redacted(text)
    const attempt = { address: '192.0.2.1', username, secret: password }
    const result = await guard(attempt, () => authenticate({ username, password }))
    return result.ok ? 'in' : result.refusal.reason
  }
}

describe('guessing the password of a Secret while a source behind it fails', () => {
  it('ends as it does elsewhere', async () => {
    const login = start()
    for (let i = 0; i < FAILURES; i += 1) {
      assert.equal(await login('team-a', `wrong ${i}`), 'identity_unavailable')
    }
    assert.equal(await login('team-a', 'right'), 'too_many_failures')
  })

  it('is not what those do whom only the failing source knows', async () => {
    const login = start()
    for (let i = 0; i <= FAILURES; i += 1) {
      assert.equal(await login('alice', `hers ${i}`), 'identity_unavailable')
    }
  })
})
