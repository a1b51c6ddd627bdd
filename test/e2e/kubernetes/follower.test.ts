import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  NAMESPACES,
  secretsNamed,
  type Collection,
} from '../../../src/adapters/kubernetes/follow/collection.ts'
import {
  createFollower,
  type Follower,
  type FollowerOptions,
} from '../../../src/adapters/kubernetes/follow/follower.ts'
import { isMapping, type Mapping } from '../../../src/mapping.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { SHORT } from '../../support/kubernetes/following.ts'
import { ourApi, type OurApi } from '../../support/kubernetes/our-api.ts'
import { secretsOf, type Secrets } from '../../support/kubernetes/secrets.ts'
import { serviceAccount } from '../../support/kubernetes/service-account.ts'
import { until } from '../../support/until.ts'

const LABELLED: Collection = { ...NAMESPACES, labelSelector: 'rauth.test/images=on' }

describe('a collection of a real API server that is followed', () => {
  let cluster: ControlPlane
  let secrets: Secrets
  let api: OurApi
  let follower: Follower<unknown> | undefined
  let told: string[]

  before(async () => {
    cluster = await startControlPlane()
    secrets = secretsOf(cluster.api)
    await secrets.namespace('rauth')
    const identity = await serviceAccount(cluster.api, {
      ...{ namespace: 'rauth', name: 'rauth', clusterWide: true },
      rules: [
        { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
        {
          ...{ apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] },
          resourceNames: ['registry-credentials'],
        },
      ],
    })
    api = await ourApi(cluster, identity)
  })
  afterEach(() => follower?.close())
  after(async () => {
    await api.close()
    await cluster.stop()
  })

  async function start<T>(
    collection: Collection,
    parse: FollowerOptions<T>['parse'],
    more: Partial<FollowerOptions<T>> = {},
  ): Promise<Follower<T>> {
    const changes: string[] = (told = [])
    const started = createFollower<T>({
      ...{ api, collection, parse, timings: SHORT, random: Math.random },
      ...{ timer: () => performance.now(), onTrouble: () => undefined },
      onChange: ({ key, gone, by }) => changes.push(`${gone ? '-' : '+'}${key} ${by}`),
      ...more,
    })
    follower = started
    await until('a list', 20_000, () => started.synced())
    return started
  }
  const untilTold = (what: string) => until(what, 20_000, () => told.includes(what))
  const labels = (value: string | null) => ({
    metadata: { labels: { 'rauth.test/images': value } },
  })
  const label = (name: string, value: string | null) =>
    ourPatch(`/api/v1/namespaces/${name}`, labels(value))

  async function ourPatch(path: string, body: Mapping): Promise<void> {
    const administrator = await ourApi(cluster, cluster.administrator)
    await administrator.send('PATCH', path, {
      ...{ body, contentType: 'application/merge-patch+json' as const },
      ...{ signal: AbortSignal.timeout(10_000), patience: 10_000 },
    })
    await administrator.close()
  }

  it('is of namespaces with a label, and of no more than their metadata', async () => {
    for (const name of ['team-a', 'team-b', 'team-c']) await secrets.namespace(name)
    await label('team-a', 'on')
    const { objects } = await start(LABELLED, (object) => Object.keys(object).sort())
    assert.deepEqual(told, ['+team-a list'])
    assert.deepEqual(objects.get('team-a')?.value, ['apiVersion', 'kind', 'metadata'])
    await label('team-b', 'on')
    await untilTold('+team-b event')
    assert.deepEqual(objects.get('team-b')?.value, ['apiVersion', 'kind', 'metadata'])
    await label('team-a', null)
    await untilTold('-team-a event')
    assert.deepEqual([...objects.keys()], ['team-b'])
  })

  it('is of Secrets with one name, by a right to that name, one after another', async () => {
    const login = { username: 'team-a', password: 'canary' }
    const first = await secrets.create('team-a', login)
    await secretsOf(cluster.api, 'another').create('team-a', login)
    const { objects } = await start(secretsNamed('registry-credentials'), (object) =>
      isMapping(object['data']) ? Object.keys(object['data']).sort().join() : undefined,
    )
    assert.deepEqual(told, ['+team-a/registry-credentials list'])
    const uidOf = () => objects.get('team-a/registry-credentials')?.uid
    assert.equal(uidOf(), (first['metadata'] as { uid: string }).uid)
    await secrets.remove('team-a')
    await untilTold('-team-a/registry-credentials event')
    assert.equal(objects.size, 0)
    const { metadata } = await secrets.create('team-a', { token: 'canary' })
    await until('the next', 20_000, () => uidOf() === (metadata as { uid: string }).uid)
    assert.equal(objects.get('team-a/registry-credentials')?.value, 'token')
    await secrets.remove('team-a')
  })

  it('leaves out what is of no interest, until it is', async () => {
    for (const name of ['team-d', 'team-e']) await secrets.namespace(name)
    const isWanted = (object: Mapping) =>
      JSON.stringify(object['metadata']).includes('"wanted"') || undefined
    const { objects } = await start(NAMESPACES, isWanted)
    assert.deepEqual([told, objects.size], [[], 0])
    await label('team-d', 'wanted')
    await untilTold('+team-d event')
    await label('team-d', null)
    await untilTold('-team-d event')
    assert.equal(objects.size, 0)
  })

  it('has no more objects than it may, which is a problem', async () => {
    const started = await start(NAMESPACES, () => true, { most: 2 })
    assert.equal(started.objects.size, 2)
    assert.match(started.problem() ?? '', /^there are more than 2 namespaces: \d+ are left out$/)
  })

  it('is in step again after the API server was away, and tells what became different', async () => {
    await label('team-c', 'on')
    const troubles: (string | undefined)[] = []
    const { objects } = await start(LABELLED, () => true, {
      onTrouble: (problem) => troubles.push(problem),
    })
    assert.ok(objects.has('team-c'))
    await cluster.apiServer.kill()
    await until('the trouble', 20_000, () => troubles.length > 1)
    await cluster.start('kube-apiserver')
    await label('team-c', null)
    await until('its end', 20_000, () => !objects.has('team-c'))
    await until('no more trouble', 20_000, () => troubles.at(-1) === undefined)
    assert.ok(told.some((line) => line.startsWith('-team-c ')))
  })
})
