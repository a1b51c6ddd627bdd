import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hash } from '../../support/bcrypt.ts'
import { createBcryptComparison } from '../../../src/adapters/bcrypt/compare.ts'
import {
  createBcryptChecks,
  type BcryptChecksOptions,
  type BcryptCredential,
} from '../../../src/credentials/bcrypt-checks.ts'
import { createPasswordHasher } from '../../../src/credentials/password.ts'
import { Redacted } from '../../../src/redacted.ts'

const hasher = createPasswordHasher(Buffer.alloc(32, 1))

const credential = (encoded: string, generation = 'g', namespace = 'team-a') =>
  ({
    ...{ id: `${namespace}/s`, generation, namespace, username: 'robot' },
    secret: { kind: 'bcrypt', hash: new Redacted(encoded), cost: 4 },
  }) as const satisfies BcryptCredential

const presented = (password: string) => ({
  password: new Redacted(password),
  keyed: hasher.hash(password),
})

/** With the real bcrypt, counted. */
function start(options: Partial<BcryptChecksOptions> = {}) {
  const compare = createBcryptComparison()
  const state = { now: 1000, compared: 0 }
  const checks = createBcryptChecks({
    compare(password, encoded) {
      state.compared += 1
      return compare(password, encoded)
    },
    clock: () => state.now,
    ...options,
  })
  return { state, ...checks }
}

const of = (password: string) => hash(password, { cost: 4 })

describe('createBcryptChecks', () => {
  it('says of each check whether it needs no comparison of its own', async () => {
    const one = credential(await of('canary'))
    const told: boolean[] = []
    const { check } = start({ onLookup: (known) => told.push(known) })
    await Promise.all([check(one, presented('canary')), check(one, presented('canary'))])
    await check(one, presented('canary'))
    await check(one, presented('wrong'))
    assert.deepEqual(told, [false, true, true, false])
  })

  it('remembers for a minute what was right, and not a moment longer', async () => {
    const one = credential(await of('canary'))
    const { state, check } = start()
    const check3 = async () => {
      for (let i = 0; i < 3; i += 1) assert.equal(await check(one, presented('canary')), 'match')
    }
    await check3()
    assert.equal(state.compared, 1)
    state.now += 59.9
    await check3()
    assert.equal(state.compared, 1)
    state.now += 0.1
    await check3()
    assert.equal(state.compared, 2)
    // A clock that was set back: how old it is, nobody knows.
    state.now -= 1
    await check3()
    assert.equal(state.compared, 3)
  })

  it('remembers no wrong password', async () => {
    const one = credential(await of('canary'))
    const { state, check } = start()
    for (let i = 0; i < 3; i += 1) assert.equal(await check(one, presented('other')), 'mismatch')
    assert.equal(state.compared, 3)
  })

  it('asks anew once the Secret changed, also for another namespace or password', async () => {
    const encoded = await of('canary')
    const { state, check } = start()
    await check(credential(encoded), presented('canary'))
    assert.equal(await check(credential(await of('new'), 'h'), presented('canary')), 'mismatch')
    assert.equal(await check(credential(encoded, 'g', 'team-b'), presented('canary')), 'match')
    assert.equal(await check(credential(encoded), presented('canary2')), 'mismatch')
    assert.equal(state.compared, 4)
  })

  it('makes one check of the same ones that come together', async () => {
    const one = credential(await of('canary'))
    const { state, check } = start()
    const many = (password: string) =>
      Promise.all(Array.from({ length: 50 }, () => check(one, presented(password))))
    assert.deepEqual(new Set(await many('canary')), new Set(['match']))
    assert.deepEqual(new Set(await many('other')), new Set(['mismatch']))
    assert.equal(state.compared, 2)
  })

  it('is busy past its bounds, for the flooded credential first, and not for what it knows', async () => {
    const [a, b] = [credential(await of('canary')), credential(await of('canary'), 'g', 'team-b')]
    let hold = false
    const { check } = start({
      compare: (password, encoded) =>
        hold ? new Promise(() => undefined) : createBcryptComparison()(password, encoded),
      limits: { atOnce: 1, waiting: 3, perShare: 2 },
    })
    assert.equal(await check(a, presented('canary')), 'match')
    hold = true
    void check(a, presented('1'))
    void check(a, presented('2'))
    assert.equal(await check(a, presented('3')), 'busy')
    void check(b, presented('1'))
    void check(b, presented('2'))
    assert.equal(await check(credential('', 'g', 'team-c'), presented('1')), 'busy')
    assert.equal(await check(a, presented('canary')), 'match')
  })

  it('takes nothing that bcrypt alone would take for the password', async () => {
    const long = 'x'.repeat(72)
    const [short, full, empty] = [await of('a'), await of(long), await of('')].map((encoded, i) =>
      credential(encoded, `g${i}`),
    )
    assert.ok(short && full && empty)
    const compare = createBcryptComparison()
    const { state, check } = start()
    const verdict = async (one: BcryptCredential, password: string) => {
      assert.ok(await compare(password, one.secret.hash.reveal()), 'bcrypt alone takes it')
      const before = state.compared
      const found = await check(one, presented(password))
      assert.equal(state.compared, before + 1, 'and it costs as much')
      return found
    }
    assert.equal(await verdict(full, long), 'match')
    assert.equal(await verdict(full, `${long}y`), 'mismatch')
    assert.equal(await verdict(short, 'a\0a'), 'mismatch')
    assert.equal(await verdict(empty, ''), 'mismatch')
  })

  it('has a stand-in that costs the same and never fits', async () => {
    const { state, standIn } = start()
    assert.equal(await standIn('robot', 4, presented('canary')), 'mismatch')
    assert.equal(await standIn('robot', 4, presented('canary')), 'mismatch')
    assert.equal(state.compared, 2)
  })

  it('passes on what fails, remembers nothing of it and goes on', async () => {
    const one = credential(await of('canary'))
    let broken = true
    const { check, standIn } = start({
      compare: (password, encoded) =>
        broken
          ? Promise.reject(new Error('no bcrypt'))
          : createBcryptComparison()(password, encoded),
    })
    for (let i = 0; i < 20; i += 1) {
      await assert.rejects(check(one, presented('canary')), /no bcrypt/)
    }
    assert.equal(await standIn('robot', 4, presented('canary')), 'mismatch')
    broken = false
    assert.equal(await check(one, presented('canary')), 'match')
  })
})
