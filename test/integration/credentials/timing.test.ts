import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unusableSecret } from '../../../src/credentials/credential.ts'
import { hashSync } from '../../support/bcrypt.ts'
import { person, startFlows } from '../../support/flows.ts'

/**
 * Whether the time of a refused login tells what was wrong with it. Measured around the whole
 * decision inside of the process, which is more than anyone can measure from outside.
 */

/** What is wrong, and which user name and password show it, the latter of one length. */
type Kind = readonly [what: string, username: string, password: (i: number) => string]

const wrong = (i: number) => `wrong-${String(i).padStart(7, '0')}`
const KINDS: readonly Kind[] = [
  ['unknown user', 'team-x', wrong],
  ['a name whose Secret cannot be used', 'team-u', wrong],
  ['a name whose Secret ended', 'team-e', wrong],
  ['wrong password', 'team-a', wrong],
  ["another namespace's password", 'team-a', () => 'password-of-b'],
]

/**
 * Of the time of a decision: less than this differs from one start of the process to the next. With bcrypt, of the
 * lowest cost here, 2 % has been seen, 17 µs; a comparison left out or made twice is all of it.
 */
const NOTHING = { keyed: 0.01, bcrypt: 0.04 }

/** |t| of Welch's test that both have one mean, or means as good as one: `nothing` of it apart. */
function welch(a: readonly number[], b: readonly number[], nothing: number): number {
  const mean = (values: readonly number[]) => values.reduce((x, y) => x + y, 0) / values.length
  const variance = (values: readonly number[]) => {
    const middle = mean(values)
    return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1)
  }
  const error = Math.sqrt(variance(a) / a.length + variance(b) / b.length)
  const apart = Math.abs(mean(a) - mean(b)) - nothing * Math.min(mean(a), mean(b))
  return Math.max(0, apart) / error
}

/** Without what the rest of the machine added: the same share of each, from the top. */
function trimmed(values: readonly number[]): readonly number[] {
  return [...values].sort((x, y) => x - y).slice(0, Math.floor(values.length * 0.8))
}

async function measure(
  kinds: readonly Kind[],
  login: (username: string, password: string) => Promise<unknown>,
  rounds: number,
): Promise<ReadonlyMap<Kind, number[]>> {
  const times = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]))
  for (let i = 0; i < rounds; i += 1) {
    // Interleaved, and in turn each first and each behind each other.
    const order = [...kinds.slice(i % kinds.length), ...kinds.slice(0, i % kinds.length)]
    if (i % 2 === 1) order.reverse()
    for (const kind of order) {
      const [, username, passwordOf] = kind
      // Each as new as one that comes out of a request.
      const password = Buffer.from(passwordOf(i)).toString()
      const begin = process.hrtime.bigint()
      await login(username, password)
      times.get(kind)?.push(Number(process.hrtime.bigint() - begin))
    }
  }
  return times
}

/** Static users before the Secrets, or behind them: known and unknown names look alike. */
const USERS: readonly Kind[] = [
  ['unknown user', 'team-x', wrong],
  ['wrong password of a static user', 'alice', wrong],
  ['wrong password of a Secret', 'team-a', wrong],
]

/** A name with a password that has ended, as after a rotation: whether that is the one must not show. */
const ROTATED: readonly Kind[] = [
  ['wrong password beside one that ended', 'team-r', wrong],
  ['the one that ended', 'team-r', () => 'password-of-r'],
]

const ALICE = { bcrypt: hashSync('password-of-alice', { cost: 4 }) }

describe('the time of a refused login', () => {
  const hashed = { bcrypt: hashSync('password-of-c', { cost: 4 }) }
  const SCENES = [
    ['without bcrypt', KINDS, {}, 20_000],
    ['of one that ended', ROTATED, {}, 10_000],
    ['with it', [...KINDS, ['wrong password of a hash', 'team-c', wrong]], hashed, 1_000],
    ['with static users first', USERS, {}, 1_000, 'users first'],
    ['with static users first, and bcrypt', USERS, hashed, 1_000, 'users first'],
    ['with static users last, and bcrypt', USERS, hashed, 1_000, 'users last'],
  ] as const satisfies readonly (readonly [string, readonly Kind[], object, number, string?])[]
  for (const [what, kinds, more, rounds, users] of SCENES) {
    it(`does not tell what was wrong, ${what}`, async (t) => {
      const flows = startFlows([
        person('team-a', 'password-of-a'),
        person('team-b', 'password-of-b'),
        { ...person('team-c', 'password-of-c'), ...more },
        { ...person('team-e', 'password-of-e'), notAfter: 1 },
        person('team-r', 'password-new'),
        { ...person('team-r', 'password-of-r'), notAfter: 1 },
      ])
      flows.unusable('team-u', unusableSecret('team-u/registry-credentials', 'no password'))
      const alice = { ...person('', 'password-of-alice', 'alice'), ...ALICE }
      const sources = [flows.usersOf([alice]), flows.secrets]
      if (users !== undefined) flows.sources(users === 'users last' ? sources.reverse() : sources)
      const login = async (username: string, password: string) => {
        const { result } = await flows.login(username, password)
        flows.events.length = 0
        assert.equal(result.ok ? '' : result.refusal.reason, 'credentials_invalid')
      }
      await measure(kinds, login, rounds / 10)
      const found: string[] = []
      const nothing = 'bcrypt' in more ? NOTHING.bcrypt : NOTHING.keyed
      // Once may be chance, three times is not.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const times = await measure(kinds, login, rounds)
        const samples = kinds.map((kind) => trimmed(times.get(kind) ?? []))
        const worst = Math.max(...samples.flatMap((a) => samples.map((b) => welch(a, b, nothing))))
        t.diagnostic(`|t| = ${worst.toFixed(1)}`)
        if (worst < 4.5) return
        const means = samples.map((one) => one.reduce((x, y) => x + y, 0) / one.length / 1000)
        const named = means.map((mean, i) => `${kinds[i]?.[0] ?? ''} ${mean.toFixed(2)} µs`)
        found.push(`|t| = ${worst.toFixed(1)} (${named.join(', ')})`)
      }
      assert.fail(`the times differ: ${found.join('; ')}`)
    })
  }
})
