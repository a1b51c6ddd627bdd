import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  NAMESPACE,
  portValues,
  startInstallation,
  type Installation,
} from '../../support/chart/installation.ts'
import { fetchToken } from '../../support/http.ts'
import { createApi, type ApiAnswer, type Json } from '../../support/kubernetes/api.ts'
import { manifestsOf } from '../../support/kubernetes/manifests.ts'
import type { Pod, PodSpec } from '../../support/kubernetes/node.ts'
import { until } from '../../support/until.ts'

const KEYS = '/etc/rauth/keys'

describe('what the chart deploys, run: token service and gateway apart, and the controller', () => {
  let installed: Installation
  let ports: Awaited<ReturnType<Installation['ports']>>
  before(async () => {
    installed = await startInstallation()
    ports = await installed.ports()
    for (const name of ['team-a', 'team-b', 'team-c']) {
      const labels = name === 'team-c' ? {} : { 'rauth.dev/managed': 'true' }
      const { api } = installed.cluster
      await api.expect('POST', '/api/v1/namespaces', { metadata: { name, labels } })
      const account = { metadata: { name: 'default' } }
      await api.expect('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account)
    }
    const { config, ...values } = portValues(ports)
    await installed.apply('install', {
      ...values,
      split: true,
      // All pods are on this one address.
      config: { ...(config as Json), trustedProxies: ['127.0.0.1/32'] },
      controller: { enabled: true, serviceAccounts: ['default'] },
      serviceAccountTokens: { audience: 'internal-registry.io' },
    })
  })
  after(() => installed.stop())

  const pods = new Map<string, Pod>()
  async function start(name: string): Promise<Pod> {
    const { operations } = await installed.ports()
    const pod = await installed.start(name, operations)
    pods.set(name, pod)
    return pod
  }

  it('starts; the gateway has no key that signs, and what serves has none of the rights to write', async () => {
    await start('rauth-registry')
    const token = await start('rauth')
    const gateway = await start('rauth-gateway')
    assert.ok(token.has('rauth', `${KEYS}/signing.key`))
    assert.ok(gateway.has('rauth', `${KEYS}/signing.crt`))
    assert.ok(!gateway.has('rauth', `${KEYS}/signing.key`))
  })

  const path = (namespace: string, name: string) =>
    `/api/v1/namespaces/${namespace}/secrets/${name}`
  async function passwordOf(namespace: string): Promise<string> {
    const { data } = await installed.cluster.api.expect(
      'GET',
      path(namespace, 'registry-credentials'),
    )
    return Buffer.from(String((data as Json)['password']), 'base64').toString()
  }
  const image = (name: string) => `localhost:${String(ports.envoy)}/${name}`

  it('makes the Secrets of namespaces, by which they push and pull their own images', async () => {
    await start('rauth-controller')
    const { api } = installed.cluster
    for (const namespace of ['team-a', 'team-b']) {
      for (const name of ['registry-credentials', 'registry-pull-secret']) {
        const made = async () => (await api.send('GET', path(namespace, name))).status === 200
        await until(`${name} of ${namespace}`, 20_000, made)
      }
    }
    assert.equal((await api.send('GET', path('team-c', 'registry-credentials'))).status, 404)
    const crane = async (username: string) =>
      installed.crane(ports.envoy, { username, password: await passwordOf(username) })
    const a = await crane('team-a')
    await until('a push', 20_000, async () => {
      return (await a.push('of team-a', image('team-a/app:v1'))).code === 0
    })
    assert.equal((await a.pull(image('team-a/app:v1'))).code, 0)
    const b = { username: 'team-b', password: await passwordOf('team-b') }
    await until('a login of team-b', 20_000, () =>
      fetchToken(ports.envoy, b, 'internal-registry.io').then(
        () => true,
        () => false,
      ),
    )
    assert.match((await (await crane('team-b')).pull(image('team-a/app:v1'))).output, /DENIED/)
  })

  it('lets the controller make no Secret but these, such as one that is given the token of an account', async () => {
    const { api } = installed.cluster
    const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/rauth-controller/token`
    const { status: made } = await api.expect('POST', account, { spec: {} })
    const own = createApi(installed.cluster, made as { token: string })
    const annotations = { 'kubernetes.io/service-account.name': 'default' }
    const make = (query = '') =>
      own.send('POST', `/api/v1/namespaces/team-c/secrets${query}`, {
        metadata: { name: 'registry-credentials', annotations },
        type: 'kubernetes.io/service-account-token',
      })
    const isPolicys = ({ status, body }: ApiAnswer) =>
      status === 403 &&
      /rauth-controller makes registry-credentials \(Opaque\)/.test(String(body['message']))
    await until('the policy is in force', 30_000, async () => isPolicys(await make('?dryRun=All')))
    const answer = await make()
    own.close()
    assert.ok(isPolicys(answer), JSON.stringify(answer))
  })

  it('takes the tokens of ServiceAccounts, for pulls of their own namespace', async () => {
    const { api } = installed.cluster
    const tokenOf = async (namespace: string) => {
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`
      const spec = { audiences: ['internal-registry.io'] }
      const { status } = await api.expect('POST', account, { spec })
      return { username: 'serviceaccount', password: (status as { token: string }).token }
    }
    const own = await installed.crane(ports.envoy, await tokenOf('team-a'))
    const pulled = await own.pull(image('team-a/app:v1'))
    assert.equal(pulled.code, 0, pulled.output)
    const other = await installed.crane(ports.envoy, await tokenOf('team-b'))
    assert.match((await other.pull(image('team-a/app:v1'))).output, /DENIED/)
  })

  it('passes helm test, which would tell', async () => {
    const hooks = manifestsOf(await installed.helm.expect('get', 'hooks', 'rauth', '-n', NAMESPACE))
    const [test] = hooks.filter(({ object }) => object['kind'] === 'Pod')
    const spec = test?.object['spec'] as PodSpec
    const good = await installed.node.complete(NAMESPACE, spec)
    assert.ok(good.ok, good.output)
    for (const check of [
      'realm answers',
      'registry names realm',
      'Envoy asks rauth',
      'Envoy fails',
    ]) {
      assert.match(good.output, new RegExp(`^ok +${check}`, 'm'))
    }
    await pods.get('rauth-registry')?.stop()
    assert.equal((await installed.node.complete(NAMESPACE, spec)).ok, false)
  })
})
