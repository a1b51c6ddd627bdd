import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { initializeKeys } from '../../../src/adapters/file/keys/key-maker.ts'
import { run } from '../../support/run.ts'

/** The bundled program, from dist/test/integration/kubernetes. */
const PROGRAM = path.resolve(import.meta.dirname, '../../../rauth.js')

describe('commands, of a configuration with a cluster', () => {
  let home: string
  before(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-commands-'))
    await initializeKeys({
      ...{ directory: path.join(home, 'keys'), algorithm: 'ES256', now: new Date() },
    })
    const kubeconfig = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'one' },
      clusters: [{ name: 'one', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'one', user: { token: 'canary' } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    }
    await writeFile(path.join(home, 'kubeconfig'), JSON.stringify(kubeconfig))
  })
  after(() => rm(home, { recursive: true, force: true }))

  async function rauth(command: string, environment: Readonly<Record<string, string>>) {
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: home },
      RAUTH_REALM: 'https://registry.example/token',
      RAUTH_KEYS_DIRECTORY: path.join(home, 'keys'),
      ...environment,
    }
    const config = path.join(home, 'rauth.yaml')
    await writeFile(config, '{}')
    return run(process.execPath, [PROGRAM, command, '-c', config], { env })
  }
  const kubeconfig = () => path.join(home, 'kubeconfig')

  const CHECKS: readonly (readonly [
    what: string,
    env: () => Record<string, string>,
    code: number,
    told: RegExp,
  ])[] = [
    [
      'a kubeconfig that is good',
      () => ({ RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: kubeconfig() }),
      ...([0, /rauth\.yaml: ok/] as const),
    ],
    [
      'one that is on another machine',
      () => ({ RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: '/nowhere/config' }),
      ...([1, /credentials\.kubernetes\.kubeconfig \/nowhere\/config is not here/] as const),
    ],
    [
      'a context that is not in it',
      () => ({
        RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: kubeconfig(),
        RAUTH_CREDENTIALS_KUBERNETES_CONTEXT: 'onne',
      }),
      ...([1, /has no context "onne"; next: did you mean "one"\?/] as const),
    ],
    ['a pod', () => ({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }), 0, /rauth\.yaml: ok/],
    ['neither', () => ({}), 1, /credentials\.directory .*secrets is not here/],
  ]
  for (const [what, env, code, told] of CHECKS) {
    it(`check-config looks at ${what}`, async () => {
      const result = await rauth('check-config', env())
      assert.match(result.output, told)
      assert.equal(result.code, code)
      assert.doesNotMatch(result.output, /canary/)
    })
  }

  const STARTS: readonly (readonly [
    what: string,
    env: () => Record<string, string>,
    told: RegExp,
  ])[] = [
    [
      'a pod without a token',
      () => ({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }),
      /a pod without the token of a ServiceAccount .*; next: .* or name a directory/,
    ],
    [
      'no cluster anywhere',
      () => ({ RAUTH_CREDENTIALS_SOURCE: 'kubernetes' }),
      /there is no cluster to ask: .*; next: name a kubeconfig/,
    ],
  ]
  for (const [what, env, told] of STARTS) {
    it(`serve says what to do about ${what}, and ends`, async () => {
      const { code, output } = await rauth('serve', env())
      assert.equal(code, 1)
      assert.match(output, told)
    })
  }
})
