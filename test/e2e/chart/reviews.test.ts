import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CHART, createHelm, type Helm } from '../../support/chart/helm-release.ts'
import { nameOf, render } from '../../support/chart/rendered.ts'

describe('the rights of the chart to have tokens and access reviewed', () => {
  let helm: Helm
  before(async () => {
    helm = await createHelm()
  })
  after(() => helm.remove())

  const NAME = 'registry-rauth-reviews'
  const ci = (file: string) => ['-f', path.join(CHART, 'ci', file)]
  async function rulesOf(...args: readonly string[]): Promise<readonly unknown[]> {
    const { objects } = await render(helm, ...args)
    const [role] = objects.filter((one) => one['kind'] === 'ClusterRole' && nameOf(one) === NAME)
    const bound = objects.some(
      (one) => one['kind'] === 'ClusterRoleBinding' && nameOf(one) === NAME,
    )
    assert.equal(bound, role !== undefined)
    return (role?.['rules'] ?? []) as readonly unknown[]
  }
  const tokens = {
    ...{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  }
  const access = {
    apiGroups: ['authorization.k8s.io'],
    ...{ resources: ['subjectaccessreviews'], verbs: ['create'] },
  }
  const extra = (value: object) => ['--set-json', `config.extra=${JSON.stringify(value)}`]
  const accounts = (more: object = {}) => ({
    identity: [{ secrets: {} }, { serviceAccounts: { audience: 'registry.example', ...more } }],
  })

  const set = (...pairs: readonly string[]) => pairs.flatMap((pair) => ['--set', pair])

  const TABLE: readonly (readonly [string, readonly string[], readonly unknown[]])[] = [
    ['both where both are asked for', ci('reviews-values.yaml'), [tokens, access]],
    ['none where nothing is', [], []],
    ['none for Secrets', extra({ identity: [{ secrets: {} }] }), []],
    ['those of tokens', extra(accounts()), [tokens]],
    ['the same by a value of their own', set('serviceAccountTokens.audience=x.example'), [tokens]],
    ['none for keys', extra(accounts({ verify: 'keys', issuer: 'https://x.example' })), []],
    ['those of access', extra({ policy: { kubernetes: { enabled: true } } }), [access]],
    ['the same by a value of their own, too', set('policy.kubernetesRbac=true'), [access]],
    [
      'each once, however often it is asked for',
      [
        ...extra({ policy: { kubernetes: { enabled: true } } }),
        ...set('policy.kubernetesRbac=true'),
      ],
      [access],
    ],
    ['none for access that is not asked for', extra({ policy: { kubernetes: {} } }), []],
    ['none without roles', [...ci('reviews-values.yaml'), '--set', 'rbac.create=false'], []],
    [
      'by the values where the configuration is your own',
      set('config.existingConfigMap=mine', 'policy.kubernetesRbac=true'),
      [access],
    ],
  ]
  for (const [what, args, rules] of TABLE) {
    it(`are ${what}`, async () => {
      assert.deepEqual(await rulesOf(...args), rules)
    })
  }

  it('are those to read keys of tokens where these are verified by keys of the cluster', async () => {
    const rolesOf = async (...args: readonly string[]) =>
      (await render(helm, ...args)).objects
        .filter(({ kind }) => kind === 'ClusterRoleBinding')
        .map(({ roleRef }) => (roleRef as { name: string }).name)
        .sort()
    const issuer = { verify: 'keys', issuer: 'https://x.example' }
    const reader = 'system:service-account-issuer-discovery'
    assert.deepEqual(await rolesOf(...extra(accounts(issuer))), ['registry-rauth', reader])
    const file = { ...issuer, jwks: '/etc/rauth/cluster.jwks' }
    assert.deepEqual(await rolesOf(...extra(accounts(file))), ['registry-rauth'])
  })
})
