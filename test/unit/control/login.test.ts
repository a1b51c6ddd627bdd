import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readLogin } from '../../../src/control/login.ts'
import { Redacted } from '../../../src/redacted.ts'
import { contextOf, NOW } from '../../support/control/world.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** No UTF-8. */
const BROKEN = '/w=='

const whole = {
  username: base64('bob'),
  password: base64('canary-of-bob'),
  previousPassword: base64('canary-of-before'),
  previousPasswordNotAfter: base64('2026-12-01T00:00:00Z'),
}

const PREVIOUS = ['previousPassword', 'previousPasswordNotAfter']

/** What is wrong, and the keys that are changed for it. */
const FLAWS: readonly (readonly [
  what: string,
  data: Readonly<Record<string, string | undefined>>,
  changed: readonly string[],
])[] = [
  ['nothing', {}, []],
  ['no user name', { username: undefined }, ['username']],
  ['a user name that is no text', { username: BROKEN }, ['username']],
  ['a user name with a colon', { username: base64('a:b') }, ['username']],
  ['a user name with a control character', { username: base64('a\u0007b') }, ['username']],
  ['an empty user name', { username: '' }, ['username']],
  ['no password', { password: undefined }, ['password']],
  ['a password that is no text', { password: BROKEN }, ['password']],
  ['a password with a control character', { password: base64('a\u0007b') }, ['password']],
  ['an empty password', { password: '' }, ['password']],
  ['a previous password that is no text', { previousPassword: BROKEN }, PREVIOUS],
  ['an end that is no text', { previousPasswordNotAfter: BROKEN }, PREVIOUS],
  ['an end that is no time', { previousPasswordNotAfter: base64('soon') }, PREVIOUS],
  [
    'two of them',
    { username: base64('a:b'), previousPasswordNotAfter: BROKEN },
    ['username', ...PREVIOUS],
  ],
  ['all of them', { username: '', password: BROKEN, previousPassword: BROKEN }, [
    'username', 'password', ...PREVIOUS,
  ]], // prettier-ignore
]

describe('readLogin', () => {
  const read = (data: Readonly<Record<string, unknown>>) =>
    readLogin(new Redacted(data), 'team-a', contextOf()(NOW))

  for (const [what, broken, changed] of FLAWS) {
    it(`changes ${changed.join(' and ') || 'nothing'} for ${what}`, () => {
      const data = Object.entries<string | undefined>({ ...whole, ...broken }).filter(
        ([, text]) => text !== undefined,
      )
      const reading = read(Object.fromEntries(data))
      assert.ok(reading.ok, reading.ok ? '' : reading.problem)
      assert.deepEqual(Object.keys(reading.repair).sort(), [...changed].sort())
      const { username, password, previous } = reading.login
      assert.equal(username, changed.includes('username') ? 'team-a' : 'bob')
      assert.equal(password.reveal(), changed.includes('password') ? 'canary-1' : 'canary-of-bob')
      const before = changed.includes('previousPassword') ? undefined : 'canary-of-before'
      assert.equal(previous?.reveal(), before)
    })
  }

  for (const [what, broken, problem] of [
    ['a list of logins that is none', { entries: base64('[') }, /^entries /],
    ['an end that is no text', { notAfter: BROKEN }, /^notAfter is not UTF-8/],
    ['too much', { other: base64('x'.repeat(40_000)) }, /larger than/],
  ] as const) {
    it(`changes nothing for ${what}, which is another's`, () => {
      const reading = read({ ...whole, ...broken })
      assert.ok(!reading.ok)
      assert.match(reading.problem, problem)
      assert.doesNotMatch(reading.problem, /canary/)
    })
  }
})
