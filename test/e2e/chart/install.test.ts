import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { chartImages } from '../../support/chart/images.ts'
import { CHART, createHelm, type Helm } from '../../support/chart/helm-release.ts'
import { createApi, type Json } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { startJobController, type JobController } from '../../support/kubernetes/jobs.ts'
import { until } from '../../support/until.ts'
import { createNode, type KubernetesNode, type PodSpec } from '../../support/kubernetes/node.ts'

const NAMESPACE = 'registry'
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/rauth`
const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`
/** Names are all that is there of what the chart itself never sees. */
const KEY_SECRETS = ['rauth-keys', 'rauth-keys-ca', 'rauth-keys-public', 'rauth-keys-registry']

/** Each runs the hook once, and takes helm two seconds of a processor. */
const UPGRADES = 3

describe('the chart, as its first line of documentation installs it', () => {
  let cluster: ControlPlane
  let node: KubernetesNode
  let jobs: JobController
  let helm: Helm
  before(async () => {
    cluster = await startControlPlane()
    node = await createNode(cluster, await chartImages())
    helm = await createHelm(cluster)
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } })
    await cluster.api.expect('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, {
      ...{ metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': cluster.authority } },
    })
    jobs = startJobController(cluster.api, node, NAMESPACE)
  })
  after(async () => {
    await jobs.stop()
    await node.stop()
    await helm.remove()
    await cluster.stop()
  })

  async function versions(): Promise<Readonly<Record<string, string>>> {
    const { items } = (await cluster.api.expect('GET', SECRETS)) as {
      items: readonly { metadata: { name: string; resourceVersion: string } }[]
    }
    const all = items.map(({ metadata }) => [metadata.name, metadata.resourceVersion] as const)
    return Object.fromEntries(all.filter(([name]) => !name.startsWith('sh.helm')))
  }
  async function keysOf(name: string): Promise<readonly string[]> {
    const { data } = await cluster.api.expect('GET', `${SECRETS}/${name}`)
    return Object.keys(data as Json).sort()
  }
  const status = async (path: string) => (await cluster.api.send('GET', path)).status

  it('installs, and a hook has made the keys, apart by who may have what', async () => {
    const said = await helm.expect('install', 'rauth', CHART, '-n', NAMESPACE, '--create-namespace')
    // What to write into a registry, and where its CA is.
    assert.match(said, /^ +realm: http:\/\/rauth\.registry\.svc\.cluster\.local\/token$/m)
    assert.match(said, /kubectl get secret -n registry rauth-keys-registry -o/)
    assert.deepEqual(
      jobs.done.map(({ name, ok }) => ({ name, ok })),
      [
        { name: 'rauth-check-config', ok: true },
        { name: 'rauth-keys-init', ok: true },
      ],
      jobs.done.map(({ output }) => output).join(''),
    )
    assert.deepEqual(Object.keys(await versions()).sort(), KEY_SECRETS)
    assert.deepEqual(await keysOf('rauth-keys'), [
      ...['binding.key', 'ca.crt', 'signing.crt', 'signing.key'],
    ])
    assert.deepEqual(await keysOf('rauth-keys-ca'), ['ca.crt', 'ca.key'])
    assert.deepEqual(await keysOf('rauth-keys-public'), ['binding.key', 'ca.crt', 'signing.crt'])
    assert.deepEqual(await keysOf('rauth-keys-registry'), ['ca.crt', 'http.secret'])
  })

  it('leaves nothing of the hooks behind: their rights are gone with them', async () => {
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`
    for (const path of [
      `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/rauth-check-config`,
      `/api/v1/namespaces/${NAMESPACE}/configmaps/rauth-check-config`,
      `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/rauth-keys-init`,
      `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/rauth-keys-init`,
      `${roles}/roles/rauth-keys-init`,
      `${roles}/rolebindings/rauth-keys-init`,
    ]) {
      assert.equal(await status(path), 404, path)
    }
  })

  it('gives rauth no right but to list and watch Secrets of one name, and the rotation three by name', async () => {
    const path = (name: string) => `${SECRETS}/${name}`
    const all = '/api/v1/secrets'
    const chosen = `${all}?fieldSelector=metadata.name%3Dregistry-credentials`
    const secret = { metadata: { name: 'new' } }
    const ROWS: readonly (readonly [as: string, method: string, path: string, status: number])[] = [
      ['rauth', 'GET', chosen, 200],
      ['rauth', 'GET', all, 403],
      ['rauth', 'GET', path('rauth-keys'), 403],
      ['rauth', 'POST', SECRETS, 403],
      ['rauth-keys-rotate', 'GET', path('rauth-keys-ca'), 200],
      ['rauth-keys-rotate', 'GET', path('rauth-keys'), 200],
      ['rauth-keys-rotate', 'GET', path('rauth-keys-registry'), 403],
      ['rauth-keys-rotate', 'GET', chosen, 403],
      ['rauth-keys-rotate', 'POST', SECRETS, 403],
      ['rauth-keys-rotate', 'PUT', path('rauth-keys-ca'), 403],
      ['rauth-keys-rotate', 'DELETE', path('rauth-keys'), 403],
    ]
    for (const [as, method, at, wanted] of ROWS) {
      const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${as}/token`
      const { status: made } = await cluster.api.expect('POST', account, { spec: {} })
      const api = createApi(cluster, made as { token: string })
      const body = method === 'GET' ? undefined : secret
      const status = async () => (await api.send(method, at, body)).status
      await until(
        `${as} ${method} ${at}: ${String(wanted)}`,
        20_000,
        async () => (await status()) === wanted,
      )
      api.close()
    }
  })

  it('changes no key in upgrades and a rollback', async () => {
    const before = await versions()
    for (let upgrade = 1; upgrade <= UPGRADES; upgrade += 1) {
      const set = ['--set', `config.tokenExpiry=${String(upgrade)}m,checkConfig.enabled=false`]
      await helm.expect('upgrade', 'rauth', CHART, '-n', NAMESPACE, ...set)
    }
    await helm.expect('rollback', 'rauth', '2', '-n', NAMESPACE)
    const made = jobs.done.filter(({ name, ok }) => ok && name === 'rauth-keys-init')
    assert.equal(made.length, UPGRADES + 1)
    assert.match(jobs.done.at(-1)?.output ?? '', /kept Secret registry\/rauth-keys\n/)
    assert.deepEqual(await versions(), before)
  })

  const REFUSED: readonly (readonly [what: string, values: Json, said: RegExp])[] = [
    [
      'a rule',
      { policy: { rules: [{ match: { account: 'team-a' }, actions: ['fly'] }] } },
      /policy\.yaml:\d+:\d+: .*"fly"/,
    ],
    [
      'a key of rauth.yaml',
      { config: { extra: { token: { expirry: '5m' } } } },
      /rauth\.yaml:\d+:\d+: unknown key "token\.expirry".*expiry/,
    ],
    [
      'a key of the gateway, which has a file of its own',
      { split: true, extraEnv: [{ name: 'RAUTH_GATEWAY_UPLOAD_GRACE', value: 'long' }] },
      /RAUTH_GATEWAY_UPLOAD_GRACE: /,
    ],
    [
      'a key of the controller',
      { controller: { enabled: true, rotateAfter: '1h' } },
      /controller\.yaml:\d+:\d+: .*twice "controller\.overlap"/,
    ],
    [
      'a configuration that is not there',
      { config: { existingConfigMap: 'mine' } },
      /cannot read the configuration: .*rauth\.yaml/,
    ],
  ]
  for (const [what, values, said] of REFUSED) {
    it(`ends an upgrade to what rauth refuses before anything is changed: ${what}`, async () => {
      const running = await cluster.api.expect('GET', DEPLOYMENT)
      const file = await helm.values(values)
      const { code, output } = await helm.run(
        'upgrade',
        'rauth',
        CHART,
        '-n',
        NAMESPACE,
        '-f',
        file,
      )
      assert.notEqual(code, 0)
      assert.match(output, /pre-upgrade hooks failed: .*rauth-check-config/s)
      assert.match(jobs.done.at(-1)?.output ?? '', said)
      // kubectl logs job/rauth-check-config
      assert.equal(jobs.done.at(-1)?.name, 'rauth-check-config')
      assert.deepEqual(await cluster.api.expect('GET', DEPLOYMENT), running)
    })
  }

  it('upgrades from tokens that are reviewed to tokens verified by keys, and back', async () => {
    const review = ['--set', 'serviceAccountTokens.audience=registry.example']
    const keys = [
      ...[...review, '--set', 'serviceAccountTokens.verify=keys'],
      ...['--set', 'serviceAccountTokens.extra.issuer=https://cluster.example'],
    ]
    for (const set of [review, keys, review, []]) {
      await helm.expect('upgrade', 'rauth', CHART, '-n', NAMESPACE, ...set)
    }
  })

  it('leaves the keys when it is uninstalled, and takes them up again', async () => {
    const before = await versions()
    await helm.expect('uninstall', 'rauth', '-n', NAMESPACE)
    assert.equal(await status(DEPLOYMENT), 404)
    assert.deepEqual(await versions(), before)
    await helm.expect('install', 'rauth', CHART, '-n', NAMESPACE)
    assert.deepEqual(await versions(), before)
  })

  for (const file of ['README.md', 'charts/rauth/README.md']) {
    it(`installs by the command of ${file} as it stands there`, async () => {
      await helm.expect('uninstall', 'rauth', '-n', NAMESPACE)
      const text = await readFile(path.resolve(CHART, '../..', file), 'utf8')
      const [, command] = /^helm (install (?:\\\n|[^\n])+)$/m.exec(text) ?? []
      assert.ok(command)
      const args = command.split(/[\s\\]+/).map((one) => (one === './charts/rauth' ? CHART : one))
      await helm.expect(...args)
      const { spec } = (await cluster.api.expect('GET', DEPLOYMENT)) as {
        spec: { template: { spec: PodSpec } }
      }
      const [container] = spec.template.spec.containers
      // Not the name that values have without: no image of it is anywhere.
      assert.equal(container?.image, 'images.example/rauth:1')
    })
  }
})
