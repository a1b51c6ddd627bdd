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
      assert.deepEqual(changesOf('serve', running, wanted), { atRunTime, atRestart })
      assert.deepEqual(changesOf('serve', wanted, wanted), { atRunTime: [], atRestart: [] })
      const applied = withRunTimeChanges('serve', running, wanted)
      assert.deepEqual(changesOf('serve', applied, wanted), { atRunTime: [], atRestart })
      assert.deepEqual(changesOf('serve', running, applied), { atRunTime, atRestart: [] })
    })
  }

  const CONTROLLER = [
    ['controller: { overlap: 48h }', [], ['controller.overlap']],
    [
      'controller: { namespaces: { labelSelector: a=b, except: [kube-system] } }',
      [],
      ['controller.namespaces.labelSelector', 'controller.namespaces.except'],
    ],
    ['controller: { lease: { name: other } }', ['controller.lease.name'], []],
    ['controller: { dryRun: true }', ['controller.dryRun'], []],
    [
      'controller: { pullSecretName: other, adopt: true }',
      ['controller.pullSecretName'],
      ['controller.adopt'],
    ],
    ['service: other.test\nsecretName: other', ['secretName'], ['service']],
    ['listen: { token: ":1", operations: ":2" }', ['listen.operations'], []],
    ['token: { expiry: 10m }\nlogLevel: debug\nlogFormat: json', ['logFormat'], ['logLevel']],
  ] as const

  for (const [lines, atRestart, atRunTime] of CONTROLLER) {
    it(`are those of what it reads for rauth controller, of ${lines}`, () => {
      const [running, wanted] = [config(), config(lines)]
      assert.deepEqual(changesOf('controller', running, wanted), { atRunTime, atRestart })
      const applied = withRunTimeChanges('controller', running, wanted)
      assert.deepEqual(changesOf('controller', applied, wanted), { atRunTime: [], atRestart })
    })
  }

  it('are seen also in what cannot print itself', () => {
    const redis = (password: string) => config(`guessing: { redis: "redis://:${password}@a" }`)
    assert.deepEqual(changesOf('serve', redis('one'), redis('other')).atRestart, ['guessing.redis'])
    const users = (hash: string) =>
      config(`identity: [{ users: { accounts: { a: { password: "${hash}" } } } }]`)
    assert.deepEqual(changesOf('serve', users(HASH), users(HASH.replace('abc', 'abd'))).atRestart, [
      'identity',
    ])
    assert.deepEqual(changesOf('serve', users(HASH), users(HASH)).atRestart, [])
  })

  it('leave what runs as it was', () => {
    const running = config()
    const before = JSON.stringify(running)
    withRunTimeChanges(
      'serve',
      running,
      config('token: { expiry: 10m }', 'policy: { public: [a/**] }'),
    )
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
