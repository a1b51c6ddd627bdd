import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { replaceFile } from '../../../tools/stack/state.ts'
import { craneClient, type CraneClient } from '../../support/clients.ts'
import { ask, basic, fetchToken } from '../../support/http.ts'
import {
  createAccount,
  requestToken,
  tamper,
  type AccountOfCluster,
} from '../../support/kubernetes/account-tokens.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { rightsOf } from '../../support/kubernetes/rights.ts'
import { startStack, type Stack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'

const AUDIENCE = 'registry.example'

const OWN = "  - match: { namespace: '*', name: '${namespace}/**' }\n    actions: ['*']\n"

const POLICY = `rules:
  - match: { namespace: team-a, serviceaccount: builder, name: 'team-a/**' }
    actions: [pull, push]
${OWN}`

/** Failures that one network may have, whatever the names: of rauth.yaml, `guessing.perNetwork`. */
const PER_NETWORK = 200

describe('a Job and pods without a Secret, with crane through Envoy and a real API server', () => {
  let cluster: ControlPlane
  let home: string
  let stack: Stack
  const clients: CraneClient[] = []
  const policy = () => path.join(home, 'policy.yaml')

  before(async () => {
    cluster = await startControlPlane()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-job-'))
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
    for (const namespace of ['team-a', 'team-b']) {
      for (const name of ['builder', 'web']) await createAccount(cluster.api, { namespace, name })
    }
    const identity = await rightsOf(cluster.api, 'rbac-serviceaccounts.yaml')
    await writeFile(path.join(home, 'kubeconfig'), kubeconfig(cluster, identity), { mode: 0o600 })
    await writeFile(policy(), POLICY)
    stack = await startStack({
      ...{ registry: '3', registryAuth: true, envoy: true },
      environment: {
        RAUTH_POLICY_FILE: policy(),
        RAUTH_CREDENTIALS_SOURCE: 'directory',
        RAUTH_CREDENTIALS_KUBERNETES_KUBECONFIG: path.join(home, 'kubeconfig'),
      },
      settings: {
        identity: [{ serviceAccounts: { audience: AUDIENCE } }, { secrets: {} }],
      },
    })
    await until('the rights', 20_000, async () => (await login({ namespace: 'team-a', name: 'web' })).status === 200) // prettier-ignore
  })
  after(async () => {
    for (const client of clients) await client.remove()
    await stack.stop()
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  })

  const token = (account: AccountOfCluster) => requestToken(cluster.api, account, [AUDIENCE])
  const ofPassword = (password: string) =>
    ask(stack.token, `/token?service=${stack.service}`, {
      headers: { authorization: basic('sa', password) },
    })
  const login = async (account: AccountOfCluster) => ofPassword(await token(account))

  async function client(namespace: string, name: string): Promise<CraneClient> {
    const password = await token({ namespace, name })
    const one = await craneClient(stack.registry, { username: 'serviceaccount', password })
    clients.push(one)
    return one
  }
  const image = (repository: string) => `${stack.registry}/${repository}:v1`

  it('pushes what its rule gives it, and what it pushed is pulled by its namespace', async () => {
    const job = await client('team-a', 'builder')
    const pushed = await job.push('one', image('team-a/app'))
    assert.equal(pushed.code, 0, pushed.output)
    assert.notEqual((await job.push('one', image('team-b/app'))).code, 0)
    const pod = await client('team-a', 'web')
    const pulled = await pod.pull(image('team-a/app'))
    assert.equal(pulled.code, 0, pulled.output)
    assert.notEqual((await pod.push('two', image('team-a/app'))).code, 0, 'no rule names it')
  })

  it('gives nothing to another namespace, also by the same name', async () => {
    const stranger = await client('team-b', 'builder')
    assert.notEqual((await stranger.pull(image('team-a/app'))).code, 0)
    assert.notEqual((await stranger.push('two', image('team-a/app'))).code, 0)
    assert.notEqual((await stranger.push('two', image('team-b/app'))).code, 0)
    const owner = await craneClient(stack.registry, stack.login('team-b'))
    clients.push(owner)
    const pushed = await owner.push('own', image('team-b/app'))
    assert.equal(pushed.code, 0, pushed.output)
    const pulled = await stranger.pull(image('team-b/app'))
    assert.equal(pulled.code, 0, pulled.output)
  })

  it('has no token that outlives its rule at the gateway', async () => {
    const password = await token({ namespace: 'team-a', name: 'builder' })
    const bearer = await fetchToken(
      ...([stack.token, { username: 'sa', password }, stack.service] as const),
      'repository:team-a/app:pull,push',
    )
    const headers = { authorization: `Bearer ${bearer}` }
    const upload = async () =>
      (await ask(stack.entry, '/v2/team-a/app/blobs/uploads/', { method: 'POST', headers })).status
    const pull = async () =>
      (await ask(stack.entry, '/v2/team-a/app/manifests/v1', { headers })).status
    assert.deepEqual([await upload(), await pull()], [202, 200])
    await replaceFile(policy(), `rules:\n${OWN}`)
    await until('no more pushes', 20_000, async () => (await upload()) === 403)
    assert.equal(await pull(), 200)
    await replaceFile(policy(), POLICY)
    await until('pushes', 20_000, async () => (await upload()) === 202)
  })

  it('is told apart in the log, by its account', async () => {
    const log = await stack.rauthLog()
    assert.match(log, /"account":"system:serviceaccount:team-a:builder","namespaces":\["team-a"\]/)
  })

  it('leaves junk no more questions to the API server than there are guesses', async () => {
    const good = await token({ namespace: 'team-a', name: 'web' })
    assert.equal((await ofPassword(good)).status, 200)
    const earlier = await requests()
    const statuses: Record<number, number> = {}
    for (let i = 0; i < PER_NETWORK * 2; i += 20) {
      const junk = Array.from({ length: 20 }, (_, at) => tamper(good, { jti: `${i + at}` }))
      for (const { status } of await Promise.all(junk.map(ofPassword))) {
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    assert.deepEqual(Object.keys(statuses), ['401', '429'])
    const asked = (await requests()) - earlier
    assert.ok(asked <= PER_NETWORK, `${asked} questions`)
    // What was good from there goes on.
    assert.equal((await ofPassword(good)).status, 200)
  })

  async function requests(): Promise<number> {
    const { body } = await ask(stack.operations, '/metrics')
    const counts = body.matchAll(/^rauth_kubernetes_requests_total\{.*\} (\d+)$/gm)
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
  }
})
