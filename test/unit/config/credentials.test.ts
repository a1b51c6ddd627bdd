import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Environment } from '../../../src/config/environment.ts'
import { parseConfig } from '../../../src/config/read.ts'

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }

function parsed(credentials: string, environment: Environment = {}) {
  const text = `realm: https://registry.example/token\n${credentials}`
  return parseConfig(text, '/etc/rauth/rauth.yaml', environment)
}

function problems(credentials: string, environment: Environment = {}): string {
  return (parsed(credentials, environment).problems ?? [])
    .map(({ where, message }) => `${where}: ${message}`)
    .join()
}

describe('where credentials come from', () => {
  const directory = (name: string, cluster = {}) => ({
    ...{ source: 'directory', directory: name, cluster },
  })
  const kubernetes = (values: object = {}) => ({ source: 'kubernetes', namespaces: [], ...values })

  const TABLE: readonly (readonly [what: string, text: string, env: Environment, is: object])[] = [
    ['nothing is set', '', {}, directory('/etc/rauth/secrets')],
    ['nothing is set, in a pod', '', POD, kubernetes()],
    ['a directory, in a pod', 'credentials: { directory: a }', POD, directory('/etc/rauth/a')],
    [
      'a directory in the environment, in a pod',
      '',
      { ...POD, RAUTH_CREDENTIALS_DIRECTORY: '/b' },
      directory('/b'),
    ],
    [
      'the source in the environment',
      'credentials: { directory: a }',
      { RAUTH_CREDENTIALS_SOURCE: 'kubernetes' },
      kubernetes(),
    ],
    [
      'the directory as the source, in a pod',
      'credentials: { source: directory }',
      POD,
      directory('/etc/rauth/secrets'),
    ],
    [
      'the source, and both of them',
      'credentials: { source: directory, directory: a, kubernetes: { context: x } }',
      {},
      directory('/etc/rauth/a', { context: 'x' }),
    ],
    [
      'a kubeconfig',
      'credentials: { kubernetes: { kubeconfig: kube/config } }',
      {},
      kubernetes({ kubeconfig: '/etc/rauth/kube/config' }),
    ],
    [
      'a context in the environment',
      '',
      { RAUTH_CREDENTIALS_KUBERNETES_CONTEXT: 'staging' },
      kubernetes({ context: 'staging' }),
    ],
    [
      'all the rest',
      '',
      {
        RAUTH_CREDENTIALS_KUBERNETES_NAMESPACES: 'team-a,team-b',
        RAUTH_CREDENTIALS_KUBERNETES_LABEL_SELECTOR: 'a in (b,c),!d',
        RAUTH_CREDENTIALS_KUBERNETES_MAX_STALE: '6h',
      },
      kubernetes({
        ...{ namespaces: ['team-a', 'team-b'], labelSelector: 'a in (b,c),!d', maxStale: 21_600 },
      }),
    ],
  ]
  for (const [what, text, environment, expected] of TABLE) {
    it(what, () => {
      const result = parsed(text, environment)
      if (result.problems !== undefined) assert.fail(JSON.stringify(result.problems))
      assert.deepEqual(result.config.credentials, expected)
    })
  }

  it('is not both', () => {
    assert.equal(
      problems('credentials: { directory: a, kubernetes: { context: x } }'),
      '/etc/rauth/rauth.yaml:2:16: "credentials.directory" cannot stand beside "credentials.kubernetes": set credentials.source to the one that counts',
    )
    assert.match(
      problems('credentials: { kubernetes: { context: x } }', {
        RAUTH_CREDENTIALS_DIRECTORY: '/b',
      }),
      /^RAUTH_CREDENTIALS_DIRECTORY: "credentials\.directory" cannot stand beside/,
    )
  })

  for (const [text, told] of [
    ['{ source: files }', /"credentials\.source" /],
    ['{ kubernetes: { kubeConfig: x } }', /did you mean "credentials\.kubernetes\.kubeconfig"/],
    ['{ kubernetes: { namespaces: [Team-A] } }', /namespaces\.0" must be a namespace/],
    ['{ kubernetes: { labelSelector: "a=b&watch=true" } }', /must be a label selector/],
    ['{ kubernetes: { maxStale: 1m } }', /must be a duration/],
  ] as const) {
    it(`is not ${text}`, () => {
      assert.match(problems(`credentials: ${text}`), told)
    })
  }
})
