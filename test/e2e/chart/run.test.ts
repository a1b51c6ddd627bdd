import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  NAMESPACE,
  portValues,
  startInstallation,
  type Installation,
} from '../../support/chart/installation.ts'
import type { Values } from '../../support/chart/helm-release.ts'
import { ask, basic, fetchToken } from '../../support/http.ts'
import type { Json } from '../../support/kubernetes/api.ts'
import type { Pod, PodSpec } from '../../support/kubernetes/node.ts'
import { secretsOf } from '../../support/kubernetes/secrets.ts'
import { until } from '../../support/until.ts'

const SERVICE = 'internal-registry.io'
const login = (username: string) => ({ username, password: `the password of ${username}` })

describe('what the chart deploys, run: rauth with Envoy beside it, and its registry', () => {
  let installed: Installation
  let ports: Awaited<ReturnType<Installation['ports']>>
  let values: Values
  before(async () => {
    installed = await startInstallation()
    const secrets = secretsOf(installed.cluster.api)
    for (const name of ['team-a', 'team-b']) {
      await secrets.namespace(name)
      await secrets.create(name, login(name))
    }
    ports = await installed.ports()
    values = portValues(ports)
    await installed.apply('install', values)
  })
  after(() => installed.stop())

  const image = (name: string) => `localhost:${String(ports.envoy)}/${name}`
  const craneOf = (username?: string) =>
    installed.crane(ports.envoy, username === undefined ? undefined : login(username))

  let registry: Pod
  let rauth: Pod
  it('starts, each with what the chart mounts for it and nothing more', async () => {
    registry = await installed.start('rauth-registry')
    rauth = await installed.start('rauth')
    const account = '/var/run/secrets/kubernetes.io/serviceaccount'
    for (const [pod, container, has, lacks] of [
      [
        rauth,
        'rauth',
        ['/etc/rauth/keys/signing.key', `${account}/token`],
        ['/etc/rauth/keys/ca.key'],
      ],
      [rauth, 'envoy', ['/etc/envoy/config/envoy.yaml'], ['/etc/rauth', account]],
      [
        registry,
        'registry',
        ['/etc/registry/trust/ca.crt'],
        ['/etc/registry/trust/http.secret', account],
      ],
    ] as const) {
      for (const file of has) assert.ok(pod.has(container, file), `${container}: ${file}`)
      for (const file of lacks) assert.ok(!pod.has(container, file), `${container}: ${file}`)
    }
  })

  it('answers "rauth can-i" by kubectl exec, without being told where its configuration is', async () => {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/rauth`
    const { spec } = (await installed.cluster.api.expect('GET', path)) as {
      spec: { template: { spec: PodSpec } }
    }
    const pod = spec.template.spec
    const [container] = pod.containers.filter(({ name }) => name === 'rauth')
    assert.ok(container)
    const execute = (...args: readonly string[]) =>
      installed.node.complete(NAMESPACE, { ...pod, containers: [{ ...container, args }] })
    const yes = await execute('can-i', 'push', 'team-a/app', '--as', 'team-a')
    assert.ok(yes.ok, yes.output)
    const no = await execute('can-i', 'pull', 'team-b/app', '--as', 'team-a')
    assert.equal(no.ok, false)
    assert.match(no.output, /^no/m)
  })

  it('lets a namespace push and pull its own images, and no other', async () => {
    const [a, b] = [await craneOf('team-a'), await craneOf('team-b')]
    const pushed = await a.push('of team-a', image('team-a/app:v1'))
    assert.equal(pushed.code, 0, pushed.output)
    const pulled = await a.pull(image('team-a/app:v1'))
    assert.equal(pulled.code, 0, pulled.output)
    for (const crane of [b, await craneOf()]) {
      const refused = await crane.pull(image('team-a/app:v1'))
      assert.notEqual(refused.code, 0)
      assert.match(refused.output, /DENIED|UNAUTHORIZED/)
    }
  })

  const token = (username: string, scope: string) =>
    fetchToken(ports.envoy, login(username), SERVICE, scope)
  const tags = async (bearer: string, port = ports.envoy) => {
    const headers = { authorization: `Bearer ${bearer}` }
    return (await ask(port, '/v2/team-a/app/tags/list', { headers })).status
  }

  it('is a second wall behind Envoy: the registry checks tokens by the CA that the hook made', async () => {
    assert.equal((await ask(ports.registry, '/v2/team-a/app/tags/list')).status, 401)
    assert.equal(
      await tags(await token('team-a', 'repository:team-a/app:pull'), ports.registry),
      200,
    )
    assert.equal(
      await tags(await token('team-b', 'repository:team-a/app:pull'), ports.registry),
      401,
    )
  })

  it('counts guesses by the client that Envoy names, and by nobody else whatever they say', async () => {
    const query = `/token?service=${SERVICE}`
    const headers = {
      authorization: basic('team-a', 'wrong'),
      'x-forwarded-for': '192.0.2.1',
    }
    for (const port of [ports.envoy, ports.token]) {
      // Another address of this machine than that of Envoy beside rauth.
      assert.equal((await ask(port, query, { headers, from: '127.0.0.2' })).status, 401)
    }
    let addresses: readonly string[] = []
    await until('both in the log', 20_000, async () => {
      // One that is not whole yet is none.
      const lines = (await rauth.log('rauth')).split('\n').slice(0, -1)
      addresses = lines
        .filter((line) => line.includes('"reason":"credentials_invalid"'))
        .map((line) => (JSON.parse(line) as { address: string }).address)
      return addresses.length >= 2
    })
    assert.deepEqual(addresses, ['127.0.0.2', '127.0.0.2'])
  })

  it('lists the catalog of whoever asks', async () => {
    const of = async (username: string) => {
      const bearer = await token(username, 'repository:any/thing:pull')
      const { body } = await ask(ports.envoy, '/v2/_catalog', {
        headers: { authorization: `Bearer ${bearer}` },
      })
      return (JSON.parse(body) as { repositories: unknown }).repositories
    }
    assert.deepEqual([await of('team-a'), await of('team-b')], [['team-a/app'], []])
  })

  it('takes the tokens of before after three upgrades and a new pod', async () => {
    const before = await token('team-a', 'repository:team-a/app:pull')
    for (let upgrade = 0; upgrade < 3; upgrade += 1) {
      const set = ['--set', `config.tokenExpiry=${String(upgrade + 2)}m,checkConfig.enabled=false`]
      await installed.apply('upgrade', values, ...set)
      await rauth.sync()
      assert.equal(await tags(before), 200)
    }
    assert.ok(!(await rauth.stop()).includes('rauth'))
    rauth = await installed.start('rauth')
    assert.equal(await tags(before), 200)
    assert.equal(await tags(before, ports.registry), 200)
  })

  it('rotates the key by its CronJob: both verify, and no registry is restarted', async () => {
    const before = await token('team-a', 'repository:team-a/app:pull')
    const path = `/apis/batch/v1/namespaces/${NAMESPACE}/cronjobs/rauth-keys-rotate`
    const { spec } = (await installed.cluster.api.expect('GET', path)) as {
      spec: { jobTemplate: { spec: { template: { spec: PodSpec } } } }
    }
    const { ok, output } = await installed.node.complete(
      NAMESPACE,
      spec.jobTemplate.spec.template.spec,
    )
    assert.ok(ok, output)
    assert.match(output, /^created signing-\d{8}T\d{6}Z-[0-9a-f]{6}\.key$/m)
    await rauth.sync()
    await until('the new key', 20_000, async () => {
      const { body } = await ask(ports.envoy, '/jwks.json')
      return (JSON.parse(body) as { keys: unknown[] }).keys.length === 2
    })
    assert.equal(await tags(before), 200)
    const secret = `/api/v1/namespaces/${NAMESPACE}/secrets/rauth-keys`
    const names = Object.keys((await installed.cluster.api.expect('GET', secret))['data'] as Json)
    assert.ok(!names.includes('ca.key'))
    assert.equal(names.filter((name) => name.endsWith('.key')).length, 3)
  })

  it('revokes at once: a Secret that goes takes its tokens along', async () => {
    const before = await token('team-a', 'repository:team-a/app:pull')
    await secretsOf(installed.cluster.api).remove('team-a')
    await until('the refusal', 20_000, async () => (await tags(before)) === 401)
  })
})
