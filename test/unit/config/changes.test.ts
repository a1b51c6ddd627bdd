import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changesOf, withRunTimeChanges } from '../../../src/config/changes.ts'
import { configOf } from '../../../src/config/read.ts'
import { ALL_SETTINGS } from '../../../src/config/settings.ts'

const FILE = '/etc/rauth/rauth.yaml'
const config = (...lines: readonly string[]) =>
  configOf(['realm: https://registry.test/token', ...lines, ''].join('\n'), FILE, {})
const HASH = '$2y$05$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu'

/** One setting each, as it is and as it is wanted. */
const CHANGES = [
  ['token: { expiry: 10m }', [], ['token.expiry']],
  ['token: { expiry: 300s }', [], []],
  ['token: { pushExpiry: 10m, algorithm: RS256 }', ['token.algorithm'], ['token.pushExpiry']],
  ['policy: { public: [a/**] }', [], ['policy.public']],
  [
    'policy: { command: { program: /bin/true, args: [x] } }',
    [],
    ['policy.command.program', 'policy.command.args'],
  ],
  ['trustedProxies: [10.0.0.0/8]', [], ['trustedProxies']],
  ['gateway: { basic: true, mount: deny }', ['gateway.basic'], ['gateway.mount']],
  ['listen: { token: :1 }', ['listen.token'], []],
  ['credentials: { directory: elsewhere }', ['credentials'], []],
  ['credentials: { source: kubernetes, kubernetes: { maxStale: 6h } }', ['credentials'], []],
  ['guessing: { failures: 3, redis: "redis://a" }', ['guessing.redis'], ['guessing.failures']],
  [`identity: [{ users: { accounts: { a: { password: "${HASH}" } } } }]`, ['identity'], []],
  ['controller: { overlap: 48h }', [], []],
] as const

describe('changes of a configuration', () => {
  for (const [line, atRestart, atRunTime] of CHANGES) {
    it(`of ${line}`, () => {
      const [running, wanted] = [config(), config(line)]
      assert.deepEqual(changesOf(running, wanted), { atRunTime, atRestart })
      assert.deepEqual(changesOf(wanted, wanted), { atRunTime: [], atRestart: [] })
      const applied = withRunTimeChanges(running, wanted)
      assert.deepEqual(changesOf(applied, wanted), { atRunTime: [], atRestart })
      assert.deepEqual(changesOf(running, applied), { atRunTime, atRestart: [] })
    })
  }

  it('are seen also in what cannot print itself', () => {
    const redis = (password: string) => config(`guessing: { redis: "redis://:${password}@a" }`)
    assert.deepEqual(changesOf(redis('one'), redis('other')).atRestart, ['guessing.redis'])
    const users = (hash: string) =>
      config(`identity: [{ users: { accounts: { a: { password: "${hash}" } } } }]`)
    assert.deepEqual(changesOf(users(HASH), users(HASH.replace('abc', 'abd'))).atRestart, [
      'identity',
    ])
    assert.deepEqual(changesOf(users(HASH), users(HASH)).atRestart, [])
  })

  it('leave what runs as it was', () => {
    const running = config()
    const before = JSON.stringify(running)
    withRunTimeChanges(running, config('token: { expiry: 10m }', 'policy: { public: [a/**] }'))
    assert.equal(JSON.stringify(running), before)
  })

  it('count in what opens a port, a folder or a connection after a restart only', () => {
    const atRunTime = new Set(
      ALL_SETTINGS.filter(({ changes }) => changes === 'run time').map(({ path: [top] }) => top),
    )
    for (const section of ['listen', 'tls', 'keys', 'credentials', 'identity', 'secretName']) {
      assert.ok(!atRunTime.has(section), section)
    }
  })
})
