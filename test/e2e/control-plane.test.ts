import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createApi, type Api } from '../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../support/kubernetes/control-plane.ts'
import { serviceAccount } from '../support/kubernetes/service-account.ts'

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

  async function as(name: string, clusterWide: boolean): Promise<Api> {
    const options = { namespace: 'team-a', name, rules: RULES, clusterWide }
    return createApi(cluster, await serviceAccount(cluster.api, options))
  }

  /** path → status */
  async function statuses(api: Api, paths: readonly string[]): Promise<readonly number[]> {
    const answers = []
    for (const path of paths) answers.push((await api.send('GET', path)).status)
    api.close()
    return answers
  }

  const SECRETS = '/api/v1/namespaces/team-a/secrets'
  const OTHERS = '/api/v1/namespaces/team-b/secrets'
  const CHOSEN = '?fieldSelector=metadata.name=registry-credentials'

  it('lets a service account do what its Role says, in its namespace', async () => {
    const paths = [`${SECRETS}/registry-credentials`, `${SECRETS}${CHOSEN}`]
    const forbidden = [`${SECRETS}/another`, SECRETS, `${OTHERS}/registry-credentials`]
    assert.deepEqual(
      await statuses(await as('reader', false), [...paths, ...forbidden]),
      [200, 200, 403, 403, 403],
    )
  })

  it('lets one do what its ClusterRole says, in each', async () => {
    const paths = [`${OTHERS}/registry-credentials`, `/api/v1/secrets${CHOSEN}`]
    assert.deepEqual(
      await statuses(await as('watcher', true), [...paths, `${OTHERS}/another`, '/api/v1/secrets']),
      [200, 200, 403, 403],
    )
  })

  it('knows nobody by a token that it did not give', async () => {
    const stranger = createApi(cluster, { token: 'made-up' })
    assert.deepEqual(await statuses(stranger, [SECRETS]), [401])
  })
})
