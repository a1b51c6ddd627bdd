import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic } from '../../support/http.ts'
import {
  CLUSTER_ISSUER,
  createAccount,
  partsOf,
  requestToken,
} from '../../support/kubernetes/account-tokens.ts'
import { otherCluster, type OtherCluster } from '../../support/kubernetes/other-cluster.ts'
import { createApi } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../../support/kubernetes/kubeconfig.ts'
import { startLink, type Link } from '../../support/kubernetes/link.ts'
import { rightsOf } from '../../support/kubernetes/rights.ts'
import { SERVICE, startServing, type Serving } from '../../support/serving.ts'
import { until } from '../../support/until.ts'

const AUDIENCE = 'registry.example'
const ROLES = '/apis/rbac.authorization.k8s.io/v1/namespaces/team-a'

/** How long an answer lasts here, seconds. */
const REMEMBER = 1

interface Granted {
  readonly name: string
  readonly actions: readonly string[]
}

describe('the RBAC of a real API server as the policy', () => {
  let cluster: ControlPlane
  let link: Link
  let home: string
  let rauth: Serving
  let other: OtherCluster
  const secret = (username: string) => ({ username, password: `the password of ${username}` })

  before(async () => {
    cluster = await startControlPlane()
    link = await startLink(cluster)
    other = await otherCluster()
    home = await mkdtemp(path.join(os.tmpdir(), 'rauth-rbac-'))
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
    for (const name of ['builder', 'web'])
      await createAccount(cluster.api, { namespace: 'team-a', name })
    const identity = await rightsOf(cluster.api, 'rbac-policy.yaml')
    await rightsOf(cluster.api, 'rbac-serviceaccounts.yaml')
    const api = createApi(cluster, identity)
    await until('the rights', 20_000, async () => {
      const spec = { user: 'x', resourceAttributes: { verb: 'get', resource: 'pods' } }
      const paths = [
        'authorization.k8s.io/v1/subjectaccessreviews',
        'authentication.k8s.io/v1/tokenreviews',
      ]
      const bodies = [{ spec }, { spec: { token: 'x' } }]
      const found = await Promise.all(
        paths.map((one, i) => api.send('POST', `/apis/${one}`, bodies[i])),
      )
      return found.every(({ status }) => status === 201)
    })
    api.close()
    await writeFile(path.join(home, 'other.jwks.json'), JSON.stringify(other.jwks))
    await writeFile(path.join(home, 'kubeconfig'), kubeconfig(link, identity), { mode: 0o600 })
    rauth = await startServing({
      logins: ['team-a', 'team-b', 'team-c'].map(secret),
      config: {
        identity: [
          { serviceAccounts: { audience: AUDIENCE, issuer: CLUSTER_ISSUER } },
          {
            serviceAccounts: {
              ...{ audience: AUDIENCE, verify: 'keys', issuer: other.issuer },
              jwks: path.join(home, 'other.jwks.json'),
            },
          },
          { secrets: {} },
        ],
        policy: { kubernetes: { enabled: true, remember: `${REMEMBER}s` } },
        guessing: { failures: 0, perNetwork: 0 },
      },
      credentials: {
        source: 'directory',
        kubernetes: { kubeconfig: path.join(home, 'kubeconfig') },
      },
    })
  })
  after(async () => {
    await rauth.stop()
    link.close()
    await cluster.stop()
    await rm(home, { recursive: true, force: true })
  })

  /** What somebody has of a repository, or the status of a refusal. */
  async function has(username: string, password: string, name: string): Promise<string> {
    const query = new URLSearchParams({ service: SERVICE, scope: `repository:${name}:pull,push` })
    const { status, body } = await ask(rauth.token, `/token?${query.toString()}`, {
      headers: { authorization: basic(username, password) },
    })
    if (status !== 200) return String(status)
    const { access_token: token } = JSON.parse(body) as { access_token: string }
    return (partsOf(token)[1]['access'] as readonly Granted[])
      .flatMap(({ actions }) => actions)
      .join()
  }
  const team = (name: string, repository: string) => has(name, secret(name).password, repository)
  async function account(name: string, repository: string): Promise<string> {
    const token = await requestToken(cluster.api, { namespace: 'team-a', name }, [AUDIENCE])
    return has('serviceaccount', token, repository)
  }

  it('gives a ServiceAccount that a Role is bound to its pushes, and another one none', async () => {
    assert.equal(await account('builder', 'team-a/app/web'), 'pull,push')
    assert.equal(await account('web', 'team-a/app/web'), 'pull')
    assert.equal(await account('builder', 'team-b/app'), '')
  })

  it('gives a ServiceAccount of another cluster nothing of one with its name', async () => {
    // Which may read, change and delete everything here, as in every cluster.
    const powerful = { namespace: 'kube-system', name: 'generic-garbage-collector' }
    await createAccount(cluster.api, powerful)
    const here = await requestToken(cluster.api, powerful, [AUDIENCE])
    assert.equal(await has('serviceaccount', here, 'team-a/app'), 'pull,push')
    const there = await other.tokenOf(powerful, AUDIENCE)
    assert.equal(await has('serviceaccount', there, 'team-a/app'), '')
    assert.equal(await has('serviceaccount', there, 'kube-system/app'), 'pull')
    const builder = await other.tokenOf({ namespace: 'team-a', name: 'builder' }, AUDIENCE)
    assert.equal(await has('serviceaccount', builder, 'team-a/app'), 'pull')
  })

  it('gives a namespace what a Role in another one gives it, beside what is its own', async () => {
    assert.equal(await team('team-b', 'team-a/app'), 'pull,push')
    assert.equal(await team('team-b', 'team-b/app'), 'pull,push')
    assert.equal(await team('team-c', 'team-a/app'), '')
    assert.equal(await team('team-b', 'team-c/app'), '')
    assert.equal(await team('team-b', 'team-a'), '')
  })

  it('holds what resourceNames say of it, and what a user is called', async () => {
    await cluster.api.expect('POST', `${ROLES}/roles`, {
      metadata: { name: 'one' },
      rules: [
        {
          ...{ apiGroups: ['registry.rauth.dev'], resources: ['repositories'], verbs: ['get'] },
          resourceNames: ['base/debian'],
        },
      ],
    })
    await cluster.api.expect('POST', `${ROLES}/rolebindings`, {
      metadata: { name: 'one' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'rauth:team-c/team-c' },
      ],
    })
    await until(
      'the role',
      20_000,
      async () => (await team('team-c', 'team-a/base/debian')) === 'pull',
    )
    assert.equal(await team('team-c', 'team-a/base'), '')
    assert.equal(await team('team-c', 'team-a/base/debian/x'), '')
  })

  it('is an error while the API server is away, but for what rules and memory say', async () => {
    assert.equal(await team('team-b', 'team-a/app'), 'pull,push')
    link.cut()
    try {
      await until(
        'nothing is remembered',
        20_000,
        async () => (await team('team-b', 'team-a/app')) === '503',
      )
      assert.equal(await team('team-c', 'team-a/not-asked-before'), '503')
      assert.equal(await team('team-b', 'team-b/app'), 'pull,push')
      assert.match(
        await rauth.log(),
        /"reason":"policy_unavailable","detail":"the API server reviews no access/,
      )
    } finally {
      link.mend()
    }
    assert.equal(await team('team-b', 'team-a/app'), 'pull,push')
  })

  const tokenOf = async (username: string, password: string, actions: string) => {
    const query = `service=${SERVICE}&scope=repository:team-a/app:${actions}`
    const { body } = await ask(rauth.token, `/token?${query}`, {
      headers: { authorization: basic(username, password) },
    })
    return (JSON.parse(body) as { access_token: string }).access_token
  }
  const check = async (bearer: string, method: string, target: string) => {
    const headers = { authorization: `Bearer ${bearer}` }
    return (await ask(rauth.gatewayHttp, target, { method, headers })).status
  }
  const UPLOAD = '/v2/team-a/app/blobs/uploads/'
  const MANIFEST = '/v2/team-a/app/manifests/v1'

  it('lets a Job push at the gateway, and a pod pull', async () => {
    const may = async (name: string) => {
      const password = await requestToken(cluster.api, { namespace: 'team-a', name }, [AUDIENCE])
      const token = await tokenOf('serviceaccount', password, 'pull,push')
      return [await check(token, 'POST', UPLOAD), await check(token, 'GET', MANIFEST)]
    }
    assert.deepEqual(await may('builder'), [200, 200])
    assert.deepEqual(await may('web'), [403, 200])
  })

  it('holds at the gateway as long as the token, and no longer for another token', async () => {
    const token = () => tokenOf('team-b', secret('team-b').password, 'pull')
    const before = await token()
    assert.equal(await check(before, 'GET', MANIFEST), 200)
    await cluster.api.expect('DELETE', `${ROLES}/rolebindings/images`)
    await until('no more tokens', 20_000, async () => (await team('team-b', 'team-a/app')) === '')
    assert.equal(await check(before, 'GET', MANIFEST), 200, 'the gateway does not ask again')
    assert.equal(await check(await token(), 'GET', MANIFEST), 403)
    await rauth.removeSecret('team-b')
    await until('revoked', 20_000, async () => (await check(before, 'GET', MANIFEST)) === 401)
  })
})
