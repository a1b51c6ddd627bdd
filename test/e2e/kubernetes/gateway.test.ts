import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../../tools/parts/install.ts'
import { craneClient, type CraneClient } from '../../support/clients.ts'
import { ask, fetchToken } from '../../support/http.ts'
import { createApi } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { rightsOf, untilStatus } from '../../support/kubernetes/rights.ts'
import { watchesOf } from '../../support/kubernetes/watches.ts'
import { runOrThrow } from '../../support/run.ts'
import { startStack, type Stack } from '../../support/stack.ts'
import { promised } from '../../support/promised.ts'
import { until } from '../../support/until.ts'

/** Longest from a change to its effect, milliseconds: what rauth promises. */
const PROMISED = 1_000

const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'

describe('Envoy, a registry and crane, with Secrets that kubectl makes', () => {
  let cluster: ControlPlane
  let stack: Stack
  let home: string
  let crane: CraneClient
  const login = { username: 'team-k', password: 'a long random password of team-k' }

  before(async () => {
    cluster = await startControlPlane()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-kubernetes-'))
    await writeFile(path.join(home, 'admin'), kubeconfig(cluster, cluster.administrator))
    for (const namespace of ['rauth', 'team-k']) await kubectl('create', 'namespace', namespace)
    const rauth = await rightsOf(cluster.api, 'rbac.yaml')
    const api = createApi(cluster, rauth)
    await untilStatus(api, CHOSEN, 200)
    api.close()
    await writeFile(path.join(home, 'rauth'), kubeconfig(cluster, rauth))
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true },
      environment: {
        RAUTH_CREDENTIALS_SOURCE: 'kubernetes',
        RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: path.join(home, 'rauth'),
        ...{ RAUTH_GUESSING_FAILURES: '0', RAUTH_GUESSING_PER_NETWORK: '0' },
      },
    })
    crane = await craneClient(stack.registry, login)
  })
  after(async () => {
    await crane.remove()
    await stack.stop()
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  })

  async function kubectl(...args: readonly string[]): Promise<void> {
    const { kubectl: program } = await installParts(['kubectl'])
    await runOrThrow(program, args, { env: { HOME: home, KUBECONFIG: path.join(home, 'admin') } })
  }
  const createSecret = () =>
    kubectl(
      ...['create', 'secret', 'generic', 'registry-credentials', '-n', 'team-k'],
      ...Object.entries(login).map(([key, value]) => `--from-literal=${key}=${value}`),
    )
  const image = () => `${stack.registry}/team-k/app:v1`
  const token = () =>
    fetchToken(stack.token, login, stack.service, 'repository:team-k/app:pull,push')
  const pull = async (bearer: string) => {
    const headers = { authorization: `Bearer ${bearer}`, accept: '*/*' }
    return (await ask(stack.entry, '/v2/team-k/app/manifests/v1', { headers })).status
  }
  const readiness = async () => {
    const { status, body } = await ask(stack.operations, '/readyz')
    const { troubles } = JSON.parse(body) as { troubles?: { secrets?: string } }
    return { status, trouble: troubles?.secrets }
  }

  it('a Secret lets crane push and pull what is its namespace’s', async () => {
    const refused = await crane.push('one', image())
    assert.notEqual(refused.code, 0, 'there is no Secret yet')
    await createSecret()
    await promised('a login', PROMISED, () =>
      token().then(
        () => true,
        () => false,
      ),
    )
    const pushed = await crane.push('one', image())
    assert.equal(pushed.code, 0, pushed.output)
    const other = await crane.push('one', `${stack.registry}/team-a/app:v1`)
    assert.notEqual(other.code, 0, 'team-a is in the folder of Secrets, which is not the source')
    const { output, code } = await crane.pull(image())
    assert.equal(code, 0, output)
  })

  it('pulls, pushes and logins go on while the API server is gone', async () => {
    const bearer = await token()
    await cluster.apiServer.kill()
    try {
      await until('that rauth knows', 20_000, async () =>
        (await metrics()).includes('rauth_kubernetes_requests_total{status="0"}'),
      )
      assert.equal(await pull(bearer), 200)
      const pushed = await crane.push('two', image())
      assert.equal(pushed.code, 0, pushed.output)
      assert.equal((await readiness()).status, 200)
    } finally {
      await cluster.start('kube-apiserver')
    }
  })

  it('no token lives on, at the gateway, when the Secret is deleted', async () => {
    const bearer = await token()
    assert.equal(await pull(bearer), 200)
    // The API server has come back just now: half its 10 s may still be to wait.
    await until('the watch', 30_000, async () => (await watchesOf(cluster)) === 1)
    await kubectl('delete', 'secret', 'registry-credentials', '-n', 'team-k')
    const took = await promised('a 401', PROMISED, async () => (await pull(bearer)) === 401)
    process.stdout.write(`# ${took.toFixed(0)} ms from kubectl to the first 401\n`)
    const refused = await crane.pull(image())
    assert.notEqual(refused.code, 0)
  })

  it('tells in metrics, at /readyz and in the log what went on, and no secret', async () => {
    const text = await metrics()
    const age = /^rauth_credentials_sync_age_seconds (\S+)$/m.exec(text)?.[1]
    assert.ok(Number(age) < 100, age)
    assert.match(text, /^rauth_credentials_secrets\{state="usable"\} 0$/m)
    assert.match(text, /^rauth_credentials_secrets\{state="unusable"\} 0$/m)
    assert.match(text, /^rauth_credentials_secrets\{state="ended"\} 0$/m)
    assert.match(text, /^rauth_kubernetes_watch_restarts_total\{end="(?:broken|ended)"\} \d+$/m)
    assert.equal((await readiness()).trouble, undefined)
    const log = await stack.rauthLog()
    assert.match(log, /"namespace":"team-k","msg":"Secret gone: its credentials are revoked"/)
    assert.ok(!log.includes(login.password))
  })

  async function metrics(): Promise<string> {
    return (await ask(stack.operations, '/metrics')).body
  }
})
