import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { createApi, type Identity } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { follow, type Following, type FollowOptions } from '../../support/kubernetes/following.ts'
import { rightsOf, untilStatus } from '../../support/kubernetes/rights.ts'
import { ODD_SECRETS } from '../../support/kubernetes/odd-secrets.ts'
import { secretsOf, type Secrets } from '../../support/kubernetes/secrets.ts'
import { until } from '../../support/until.ts'

const login = (namespace: string, password = 'canary') => ({ username: namespace, password })

const NONE = { usable: 0, unusable: 0, ended: 0, waits: 0 }

describe('Secrets of a real API server, with the rights of examples/kubernetes alone', () => {
  let cluster: ControlPlane
  let secrets: Secrets
  let rauth: Identity
  let following: Following | undefined

  before(async () => {
    cluster = await startControlPlane()
    secrets = secretsOf(cluster.api)
    for (const name of ['rauth', 'team-a', 'team-b', 'team-c']) await secrets.namespace(name)
    await secrets.create('team-a', login('team-a'))
    await secrets.create('team-b', login('team-b'))
    await secretsOf(cluster.api, 'another').create('team-a', { token: 'canary' })
    rauth = await rightsOf(cluster.api, 'rbac.yaml')
    const api = createApi(cluster, rauth)
    await untilStatus(api, `/api/v1/secrets${CHOSEN}`, 200)
    api.close()
  })
  afterEach(async () => {
    assert.doesNotMatch(following?.lines.join('\n') ?? '', /canary|Y2FuYXJ5/)
    await following?.close()
    following = undefined
  })
  after(() => cluster.stop())

  const CHOSEN = '?fieldSelector=metadata.name%3Dregistry-credentials'

  async function start(options: FollowOptions = {}, identity = rauth): Promise<Following> {
    following = await follow(cluster, identity, options)
    await following.untilReady()
    return following
  }

  it('may read that Secret by name in lists and watches, and nothing else', async () => {
    const api = createApi(cluster, rauth)
    const of = (path: string) => `/api/v1/namespaces/team-a/secrets${path}`
    const allowed = [`/api/v1/secrets${CHOSEN}`, of(CHOSEN)]
    const forbidden = [
      ...['/api/v1/secrets', '/api/v1/secrets?fieldSelector=metadata.name%3Danother'],
      ...['/api/v1/secrets?fieldSelector=metadata.name%21%3Dregistry-credentials'],
      ...[
        of(''),
        of('/another'),
        of('/registry-credentials'),
        of('?fieldSelector=metadata.name%3Danother'),
      ],
      ...['/api/v1/namespaces', '/api/v1/pods', '/api/v1/namespaces/team-a/serviceaccounts'],
      ...['/api/v1/configmaps', '/apis/rbac.authorization.k8s.io/v1/clusterroles'],
    ]
    const statusOf = async (path: string, method = 'GET') => (await api.send(method, path)).status
    for (const path of allowed) assert.equal(await statusOf(path), 200, path)
    for (const path of forbidden) assert.equal(await statusOf(path), 403, path)
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      assert.equal(await statusOf(of('/registry-credentials'), method), 403, method)
    }
    assert.equal(await statusOf(of(''), 'POST'), 403)
    api.close()
  })

  it('takes up what is there, made, changed, removed and made again', async () => {
    const { soon, accepts, ends } = await start()
    assert.ok(accepts('team-a', 'canary') && accepts('team-b', 'canary'))
    await secrets.create('team-c', login('team-c', 'canary-1'))
    await soon('team-c', 'canary-1')
    await secrets.replace('team-c', login('team-c', 'canary-2'))
    await soon('team-c', 'canary-2')
    assert.ok(!accepts('team-c', 'canary-1'))
    await secrets.remove('team-c')
    await soon('team-c', 'canary-2', false)
    for (let i = 0; i < 20; i += 1) {
      await secrets.create('team-c', login('team-c', `canary-${i}`))
      await secrets.remove('team-c')
    }
    await secrets.create('team-c', login('team-c', 'canary-last'))
    await soon('team-c', 'canary-last')
    await secrets.remove('team-c')
    await soon('team-c', 'canary-last', false)
    assert.deepEqual(ends, {})
  })

  it('takes no Secret of another name for one', async () => {
    const { store } = await start()
    assert.deepEqual(store.counts(), { ...NONE, usable: 2 })
  })

  it('revokes a Secret as soon as its deletion is asked for, finalizers or not', async () => {
    const { soon, untilAccepts } = await start()
    const finalizers = ['rauth.test/held']
    await secrets.create('team-c', login('team-c'), { finalizers })
    await untilAccepts('team-c', 'canary')
    await secrets.remove('team-c')
    await soon('team-c', 'canary', false)
    const { status } = await cluster.api.send(
      ...(['GET', '/api/v1/namespaces/team-c/secrets/registry-credentials'] as const),
    )
    assert.equal(status, 200, 'it is still there')
    await secrets.replace('team-c', login('team-c'))
  })

  it('goes by labels where it is told to, also when one is lost', async () => {
    const { soon, accepts } = await start({ labelSelector: 'registry=enabled' })
    assert.ok(!accepts('team-a', 'canary'))
    await secrets.replace('team-a', login('team-a'), { labels: { registry: 'enabled' } })
    await soon('team-a', 'canary')
    await secrets.replace('team-a', login('team-a'), { labels: { registry: 'disabled' } })
    await soon('team-a', 'canary', false)
    await secrets.replace('team-a', login('team-a'))
  })

  for (const [what, values, told] of ODD_SECRETS) {
    it(`disables the namespace of a Secret ${what}, and no other`, async () => {
      const { store, accepts, lines, soon, ends } = await start()
      await secrets.create('team-c', values)
      await until('the problem', 20_000, () => lines.some((line) => told.test(line)))
      assert.deepEqual(store.counts(), { ...NONE, usable: 2, unusable: 1 })
      assert.ok(accepts('team-a', 'canary') && accepts('team-b', 'canary'))
      assert.deepEqual(store.byUsername('team-c'), [])
      await secrets.replace('team-c', login('team-c'))
      await soon('team-c', 'canary')
      await secrets.remove('team-c')
      await soon('team-c', 'canary', false)
      assert.deepEqual(ends, {})
    })
  }

  it('reads Secrets of 1 MiB in pages that it can hold', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `large-${i}`)
    for (const name of names) {
      await secrets.namespace(name)
      await secrets.create(name, { ...login(name), more: 'c'.repeat(1_000_000) })
    }
    const { store, accepts } = await start()
    assert.deepEqual(store.counts(), { ...NONE, usable: 2, unusable: names.length })
    assert.ok(accepts('team-a', 'canary'))
    for (const name of names) await secrets.remove(name)
  })

  describe('with Roles in two namespaces', () => {
    let limited: Identity
    before(async () => {
      const clusterRole = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/rauth'
      await cluster.api.expect('DELETE', clusterRole)
      limited = await rightsOf(cluster.api, 'rbac-namespaces.yaml')
      const api = createApi(cluster, limited)
      await untilStatus(api, `/api/v1/secrets${CHOSEN}`, 403)
      await untilStatus(api, `/api/v1/namespaces/team-b/secrets${CHOSEN}`, 200)
      api.close()
    })

    it('follows these', async () => {
      const options = { namespaces: ['team-a', 'team-b'] }
      const { accepts, soon, answers } = await start(options, limited)
      assert.ok(accepts('team-a', 'canary') && accepts('team-b', 'canary'))
      await secrets.replace('team-b', login('team-b', 'canary-2'))
      await soon('team-b', 'canary-2')
      await secrets.replace('team-b', login('team-b'))
      await soon('team-b', 'canary')
      // What a slow API server did not answer in time is asked again.
      await until('a list and a watch of each', 20_000, () => (answers[200] ?? 0) >= 4)
    })

    it('is not ready without the right to all, and says what is missing', async () => {
      following = await follow(cluster, limited)
      const { store } = following
      await until('the trouble', 20_000, () => store.problem() !== undefined)
      assert.match(
        store.problem() ?? '',
        /403: secrets .* is forbidden: User "system:serviceaccount:rauth:rauth" cannot list .*; next: give it the rights in examples\/kubernetes/,
      )
      assert.equal(store.ready(), false)
    })

    it('leaves out a namespace of several that it may not read, after a while', async () => {
      const { accepts, store } = await start({ namespaces: ['team-a', 'team-c'] }, limited)
      assert.ok(accepts('team-a', 'canary'))
      await until('why', 20_000, () => /^namespace team-c: 403/.test(store.problem() ?? ''))
    })
  })
})
