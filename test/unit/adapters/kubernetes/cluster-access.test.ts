import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import {
  readClusterAccess,
  type AccessOptions,
} from '../../../../src/adapters/kubernetes/cluster-access.ts'
import { RauthError } from '../../../../src/errors.ts'

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' }

function document(name: string, changes: object = {}): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster: { server: `https://${name}.test:6443` } }],
    users: [{ name, user: { token: 'canary' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    ...changes,
  }
}

describe('readClusterAccess', () => {
  let home: string
  before(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'rauth-access-'))
    put('one', stringify(document('one')))
    put('two', stringify(document('two')))
    put('root/var/run/secrets/kubernetes.io/serviceaccount/token', 'canary')
    put('homely/.kube/config', stringify(document('home')))
  })
  after(() => {
    rmSync(home, { recursive: true, force: true })
  })

  function put(name: string, text: string): string {
    const file = path.join(home, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  const at = (name: string) => path.join(home, name)
  const access = (options: Partial<AccessOptions>) =>
    readClusterAccess({ environment: {}, clock: () => 0, home, root: at('root'), ...options })

  const PLACES: readonly (readonly [
    what: string,
    options: () => Partial<AccessOptions>,
    server: string,
  ])[] = [
    [
      'the kubeconfig that is named',
      () => ({ kubeconfig: at('one'), environment: { ...POD, KUBECONFIG: at('two') } }),
      'https://one.test:6443',
    ],
    [
      '$KUBECONFIG',
      () => ({ environment: { ...POD, KUBECONFIG: at('two') } }),
      'https://two.test:6443',
    ],
    [
      'the first of several',
      () => ({ environment: { KUBECONFIG: `${at('two')}:${at('one')}` } }),
      'https://two.test:6443',
    ],
    [
      'a context of the second',
      () => ({ context: 'one', environment: { KUBECONFIG: `${at('two')}:${at('one')}` } }),
      'https://one.test:6443',
    ],
    [
      'the ServiceAccount',
      () => ({ environment: POD, home: at('homely') }),
      'https://10.0.0.1:6443',
    ],
    [
      'the ServiceAccount, over IPv6',
      () => ({ environment: { KUBERNETES_SERVICE_HOST: 'fd00::1' } }),
      'https://[fd00::1]:443',
    ],
    ['~/.kube/config', () => ({ home: at('homely') }), 'https://home.test:6443'],
    [
      '~/.kube/config for a context, in a pod',
      () => ({ home: at('homely'), environment: POD, context: 'home' }),
      'https://home.test:6443',
    ],
  ]
  for (const [what, options, server] of PLACES) {
    it(`goes by ${what}`, () => {
      assert.equal(access(options()).server, server)
    })
  }

  const wrong = (changes: object) => () => ({
    kubeconfig: put('wrong', stringify(document('x', changes))),
  })
  const PROBLEMS: readonly (readonly [options: () => Partial<AccessOptions>, told: RegExp])[] = [
    [() => ({}), /there is no cluster to ask: .*; next: name a kubeconfig in credentials/],
    [
      () => ({ environment: POD, root: at('elsewhere') }),
      /a pod without the token of a ServiceAccount/,
    ],
    [
      () => ({ kubeconfig: at('missing') }),
      /kubeconfig .*missing cannot be read \(ENOENT\); next:/,
    ],
    [
      () => ({ kubeconfig: at('one'), context: 'on' }),
      /has no context "on"; next: did you mean "one"\?/,
    ],
    [() => ({ kubeconfig: put('wrong', 'a: [canary') }), /it is no YAML/],
    [() => ({ kubeconfig: put('wrong', 'a: *canary') }), /it is no YAML \(an alias/],
    [() => ({ kubeconfig: put('wrong', '- '.repeat(20_000)) }), /it is no YAML \(nested/],
    [() => ({ kubeconfig: put('wrong', 'canary') }), /it is no mapping/],
    [() => ({ kubeconfig: put('wrong', '{}') }), /has no current context/],
    [wrong({ clusters: [] }), /context "x" is of a cluster that is not there/],
    [wrong({ users: [] }), /context "x" is of a user that is not there/],
    [wrong({ clusters: [{ name: 'x', cluster: { server: 'http://x.test' } }] }), /is no https URL/],
    [
      wrong({ users: [{ name: 'x', user: { as: 'y', 'as-groups': ['z'] } }] }),
      /user "x" has as-groups/,
    ],
    [
      wrong({
        users: [{ name: 'x', user: { exec: { command: 'y', interactiveMode: 'Always' } } }],
      }),
      /wants to talk/,
    ],
  ]
  for (const [options, told] of PROBLEMS) {
    it(`says what is wrong and what to do: ${told.source}`, () => {
      assert.throws(
        () => access(options()),
        (error: unknown) => {
          assert.ok(error instanceof RauthError && error.code === 'ERR_CREDENTIALS_UNREADABLE')
          assert.match(error.message, told)
          assert.match(error.message, /; next: /)
          assert.doesNotMatch(error.message, /canary/)
          return true
        },
      )
    })
  }
})
