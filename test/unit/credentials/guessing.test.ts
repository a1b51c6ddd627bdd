import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { BoundedLimiter } from '../../../src/adapters/throttle/bounded-limiter.ts'
import { createFailureCounter } from '../../../src/adapters/throttle/failure-counter.ts'
import { networkOf } from '../../../src/adapters/network.ts'
import type { Credential } from '../../../src/credentials/credential.ts'
import { createGuessGuard, type GuessGuard } from '../../../src/credentials/guessing.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import { Redacted } from '../../../src/redacted.ts'
import { accepted, refused, type Reason, type Result } from '../../../src/refusal.ts'

const FAILURES = 10
const PER_NETWORK = 25
const WINDOW = 300
const TOKEN_WINDOW = 10

const HERE = '192.0.2.1'
const ELSEWHERE = '192.0.2.2'

describe('guess guard', () => {
  let guard: GuessGuard
  let now: number
  /** What was really compared with the password. */
  let checked: string[]
  let password: string
  let reason: Reason
  let credentials: readonly Credential[]

  beforeEach(() => {
    now = 0
    checked = []
    password = 'right'
    reason = 'credentials_invalid'
    credentials = []
    const limits = { window: WINDOW, buckets: 1_000, timer: () => now * 1000 }
    guard = createGuessGuard({
      store: { byUsername: () => credentials },
      networkOf,
      hasher: createPasswordHasher(Buffer.alloc(32, 1)),
      standsAlone: (secret) => secret.reveal().startsWith('identity token'),
      failures: createFailureCounter({
        bySource: new BoundedLimiter({ ...limits, points: FAILURES }),
        byNetwork: new BoundedLimiter({ ...limits, points: PER_NETWORK }),
        tokens: new BoundedLimiter({ ...limits, points: PER_NETWORK, window: TOKEN_WINDOW }),
        key: Buffer.alloc(32, 2),
      }),
    })
  })

  async function attempt(
    secret: string,
    address: string | undefined = HERE,
    username: string | undefined = 'team-a',
  ): Promise<Result<string>> {
    return guard({ address, username, secret: new Redacted(secret) }, async () => {
      checked.push(secret)
      // As long as a slow hash, and more than the steps of the guard itself.
      await new Promise((resolve) => setImmediate(resolve))
      return secret === password ? accepted('in') : refused(reason)
    })
  }

  const outcome = (result: Result<string>) => (result.ok ? result.value : result.refusal.reason)

  async function fill(address = HERE, username = 'team-a') {
    for (let i = 0; i < FAILURES; i += 1) {
      const result = await attempt(`wrong ${String(i)}`, address, username)
      assert.equal(outcome(result), 'credentials_invalid')
    }
  }

  /** A credential of `team-a`, at a version. */
  const credential = (namespace: string, generation: string): Credential => ({
    ...{ id: `${namespace}/registry-credentials`, generation, namespace, username: 'team-a' },
    secret: { kind: 'keyed', hash: Buffer.alloc(32) },
  })

  it('begins anew once the password is another one, which must not wait for the old one', async () => {
    credentials = [credential('team-a', 'g1')]
    await fill()
    assert.equal(outcome(await attempt('other')), 'too_many_failures')
    credentials = [credential('team-a', 'g2')]
    assert.equal(outcome(await attempt(password)), 'in')
    credentials = [{ ...credential('team-a', 'g1'), notAfter: 2_000_000_000 }]
    assert.equal(outcome(await attempt('right')), 'in', 'another end is a change, too')
    // Nothing was forgotten, either.
    credentials = [credential('team-a', 'g1')]
    assert.equal(outcome(await attempt('other')), 'too_many_failures')
  })

  it('does not begin anew by what another namespace does with the user name', async () => {
    credentials = [credential('team-a', 'g1'), credential('evil', 'h1')]
    await fill()
    credentials = [credential('team-a', 'g1'), credential('evil', 'h2'), credential('evil', 'h3')]
    assert.equal(outcome(await attempt('other')), 'too_many_failures')
  })

  it('refuses without a look at the password once too many have failed', async () => {
    await fill()
    checked = []
    now = 10.5
    const result = await attempt(password)
    assert.ok(!result.ok)
    assert.deepEqual(result.refusal, { reason: 'too_many_failures', retryAfter: 290 })
    assert.deepEqual(checked, [])
    now = WINDOW
    assert.equal(outcome(await attempt(password)), 'in')
  })

  it('lets in from another network, and another name from this one', async () => {
    await fill()
    assert.equal(outcome(await attempt(password, ELSEWHERE)), 'in')
    assert.equal(outcome(await attempt(password, HERE, 'team-b')), 'in')
  })

  it('takes the addresses of a /64 for one', async () => {
    for (let i = 0; i < FAILURES; i += 1) await attempt('wrong', `2001:db8::${i.toString(16)}`)
    assert.equal(outcome(await attempt(password, '2001:db8::ffff')), 'too_many_failures')
    assert.equal(outcome(await attempt(password, '2001:db8:0:1::')), 'in')
  })

  it('counts all names of a network, too', async () => {
    for (let i = 0; i < PER_NETWORK; i += 1) await attempt('wrong', HERE, `name-${String(i)}`)
    assert.equal(outcome(await attempt(password, HERE, 'untried')), 'too_many_failures')
    assert.equal(outcome(await attempt(password, ELSEWHERE, 'untried')), 'in')
  })

  it('counts what one name was refused against that name alone', async () => {
    await fill()
    for (let i = 0; i < PER_NETWORK; i += 1) await attempt('wrong')
    assert.equal(outcome(await attempt('wrong', HERE, 'team-b')), 'credentials_invalid')
  })

  it('lets pass what succeeded from there before, whatever has failed since', async () => {
    await attempt(password)
    await fill()
    assert.equal(outcome(await attempt('wrong')), 'too_many_failures')
    for (let i = 0; i < 3; i += 1) assert.equal(outcome(await attempt(password)), 'in')
    assert.equal(outcome(await attempt('wrong')), 'too_many_failures', 'a success takes none away')
  })

  it('does not tell a guesser elsewhere which secret succeeded here', async () => {
    await attempt(password)
    await fill(ELSEWHERE)
    assert.equal(outcome(await attempt(password, ELSEWHERE)), 'too_many_failures')
  })

  it('forgets what succeeded as soon as it does not', async () => {
    await attempt('right')
    await fill()
    password = 'changed'
    assert.equal(outcome(await attempt('right')), 'credentials_invalid')
    assert.equal(outcome(await attempt('right')), 'too_many_failures')
    password = 'right'
    assert.equal(outcome(await attempt('right')), 'too_many_failures')
  })

  it('checks no more guesses at once than one after the other', async () => {
    const many = Array.from({ length: 100 }, (_, i) => attempt(`wrong ${String(i)}`))
    const outcomes = (await Promise.all(many)).map(outcome)
    assert.equal(checked.length, FAILURES)
    assert.equal(outcomes.filter((one) => one === 'credentials_invalid').length, FAILURES)
  })

  it('checks no more of them when they are the same', async () => {
    const many = Array.from({ length: 100 }, () => attempt('wrong'))
    const outcomes = (await Promise.all(many)).map(outcome)
    assert.equal(checked.length, FAILURES)
    assert.equal(outcomes.filter((one) => one === 'credentials_invalid').length, FAILURES)
  })

  it('lets in whoever is right, however many come at once', async () => {
    const many = Array.from({ length: 100 }, () => attempt(password))
    assert.ok((await Promise.all(many)).every(({ ok }) => ok))
    for (let i = 0; i < FAILURES; i += 1) {
      assert.equal(outcome(await attempt('wrong')), 'credentials_invalid', 'none was counted')
    }
  })

  it('counts neither what is no wrong password nor what broke', async () => {
    reason = 'internal'
    for (let i = 0; i < 2 * FAILURES; i += 1) await attempt('wrong')
    for (let i = 0; i < 2 * FAILURES; i += 1) {
      const broken = guard({ address: HERE, username: 'team-a', secret: new Redacted('x') }, () =>
        Promise.reject(new Error('broken')),
      )
      await assert.rejects(broken, /broken/)
    }
    assert.equal(outcome(await attempt(password)), 'in')
  })

  it('counts a guess that was looked at in part, and forgets no known login for it', async () => {
    await attempt(password)
    const busy = (secret: string, guessed: boolean) =>
      guard({ address: HERE, username: 'team-a', secret: new Redacted(secret) }, () =>
        Promise.resolve(refused('passwords_busy', { guessed })),
      )
    for (let i = 0; i < 2 * FAILURES; i += 1) await busy('wrong', false)
    for (let i = 0; i < 2 * FAILURES; i += 1) await busy(password, true)
    for (let i = 0; i < FAILURES; i += 1) {
      const result = await busy(`wrong ${String(i)}`, true)
      assert.equal(result.ok ? '' : result.refusal.reason, 'passwords_busy')
    }
    assert.equal(outcome(await attempt('wrong')), 'too_many_failures')
    assert.equal(outcome(await attempt(password)), 'in')
  })

  it('forgets no password for all the refresh tokens that a login makes', async () => {
    await attempt(password)
    for (let i = 0; i < 10_001; i += 1) {
      const secret = new Redacted(`token ${String(i)}`)
      await guard({ address: HERE, username: undefined, secret }, () =>
        Promise.resolve(accepted('in')),
      )
    }
    await fill()
    assert.equal(outcome(await attempt(password)), 'in')
  })

  /** One that says by itself whose it is: the user name beside it means nothing. */
  const present = (token: string, address = HERE) =>
    attempt(`identity token ${token}`, address, 'oidc')

  const refresh = (token: string) =>
    guard({ address: HERE, username: undefined, secret: new Redacted(token) }, () =>
      Promise.resolve(token === 'new' ? accepted('in') : refused('refresh_token_invalid')),
    )

  it('lets an old refresh token keep no other out', async () => {
    for (let i = 0; i < 2 * FAILURES; i += 1) {
      assert.equal(outcome(await refresh('old')), 'refresh_token_invalid')
    }
    assert.equal(outcome(await refresh('new')), 'in')
  })

  it('lets the tokens that a job is refused with keep no other job out', async () => {
    for (let i = 0; i < 2 * FAILURES; i += 1) await present(String(i))
    password = 'identity token of another job'
    assert.equal(outcome(await present('of another job')), 'in')
  })

  it('counts tokens of a network together, for a short time only', async () => {
    for (let i = 0; i < PER_NETWORK; i += 1) {
      const result = await (i % 2 === 0 ? present(String(i)) : refresh(String(i)))
      assert.match(outcome(result), /^(credentials|refresh_token)_invalid$/)
    }
    assert.equal(outcome(await present('late')), 'too_many_failures')
    assert.equal(outcome(await refresh('new')), 'too_many_failures')
    assert.equal(outcome(await present('late', ELSEWHERE)), 'credentials_invalid')
    now += TOKEN_WINDOW
    assert.equal(outcome(await refresh('new')), 'in')
  })

  it('counts passwords and tokens apart: neither keeps the other out', async () => {
    for (let i = 0; i < PER_NETWORK; i += 1) await attempt('wrong', HERE, `name ${String(i)}`)
    assert.equal(outcome(await attempt('wrong', HERE, 'other')), 'too_many_failures')
    assert.equal(outcome(await refresh('new')), 'in')
    assert.equal(outcome(await present('x')), 'credentials_invalid')
  })

  it('keeps no password out for all the tokens that are refused', async () => {
    for (let i = 0; i < 2 * PER_NETWORK; i += 1) await present(String(i))
    assert.equal(outcome(await attempt(password)), 'in')
  })
})
