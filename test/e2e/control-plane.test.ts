import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { installParts } from '../../tools/parts/install.ts'
import { createApi, type Identity } from '../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../support/kubernetes/control-plane.ts'
import { kubeconfig } from '../support/kubernetes/kubeconfig.ts'
import { serviceAccount } from '../support/kubernetes/service-account.ts'
import { run } from '../support/run.ts'

/** What tests of those who read a cluster rely on. */
describe('the control plane of tests', () => {
  let cluster: ControlPlane
  before(async () => {
    cluster = await startControlPlane()
    for (const namespace of ['team-a', 'team-b']) {
      await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
      for (const name of ['registry-credentials', 'another']) {
        const secret = { metadata: { name }, stringData: { username: namespace } }
        await cluster.api.expect('POST', `/api/v1/namespaces/${namespace}/secrets`, secret)
      }
    }
  })
  after(() => cluster.stop())

  const RULES = [
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: ['get', 'list', 'watch'],
      resourceNames: ['registry-credentials'],
    },
  ]

  function account(name: string, clusterWide = false): Promise<Identity> {
    const options = { namespace: 'team-a', name, rules: RULES, clusterWide }
    return serviceAccount(cluster.api, options)
  }

  /** path → status */
  async function statuses(as: Identity, paths: readonly string[]): Promise<readonly number[]> {
    const api = createApi(cluster, as)
    const answers = []
    for (const path of paths) answers.push((await api.send('GET', path)).status)
    api.close()
    return answers
  }

  const SECRETS = '/api/v1/namespaces/team-a/secrets'
  const OTHERS = '/api/v1/namespaces/team-b/secrets'
  const CHOSEN = '?fieldSelector=metadata.name=registry-credentials'

  it('lets a ServiceAccount do what its Role says, in its namespace', async () => {
    const paths = [`${SECRETS}/registry-credentials`, `${SECRETS}${CHOSEN}`]
    const forbidden = [`${SECRETS}/another`, SECRETS, `${OTHERS}/registry-credentials`]
    assert.deepEqual(
      await statuses(await account('reader'), [...paths, ...forbidden]),
      [200, 200, 403, 403, 403],
    )
  })

  it('lets one do what its ClusterRole says, in each', async () => {
    const paths = [`${OTHERS}/registry-credentials`, `/api/v1/secrets${CHOSEN}`]
    assert.deepEqual(
      await statuses(await account('watcher', true), [
        ...paths,
        `${OTHERS}/another`,
        '/api/v1/secrets',
      ]),
      [200, 200, 403, 403],
    )
  })

  it('knows nobody by a token that it did not give', async () => {
    assert.deepEqual(await statuses({ token: 'made-up' }, [SECRETS]), [401])
  })

  it('is what kubectl talks to by a kubeconfig, of the administrator and of an account', async () => {
    const { kubectl } = await installParts(['kubectl'])
    const home = await mkdtemp(path.join(os.tmpdir(), 'rauth-kubectl-'))
    try {
      const asks = async (identity: Identity) => {
        const file = path.join(home, 'kubeconfig')
        await writeFile(file, kubeconfig(cluster, identity), { mode: 0o600 })
        const question = ['get', 'secrets', '-n', 'team-b', '-o', 'name']
        return run(kubectl, question, { env: { HOME: home, KUBECONFIG: file } })
      }
      const { stdout, stderr } = await asks(cluster.administrator)
      assert.equal(stdout, 'secret/another\nsecret/registry-credentials\n', stderr)
      const refused = await asks(await account('nobody'))
      assert.match(refused.stderr, /"system:serviceaccount:team-a:nobody" cannot list/)
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  })
})
