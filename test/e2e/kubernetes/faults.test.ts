import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApi, type Identity } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { follow, type Following } from '../../support/kubernetes/following.ts'
import { startLink, type Link } from '../../support/kubernetes/link.ts'
import { rightsOf, untilStatus } from '../../support/kubernetes/rights.ts'
import { secretsOf, type Secrets } from '../../support/kubernetes/secrets.ts'
import {
  asked,
  assertBounded,
  collectRejections,
  LASTS,
  login,
  RECOVERY,
  SECONDS,
  startVigil,
  STEADY,
  timings,
  type Vigil,
} from '../../support/kubernetes/trouble.ts'
import { until } from '../../support/until.ts'

/** Until a dead connection is noticed, milliseconds. */
const NOTICED = timings.silence + 2_000

const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'

describe(`a cluster in trouble for ${SECONDS} s`, () => {
  let cluster: ControlPlane
  let link: Link
  let secrets: Secrets
  let rauth: Identity
  let following: Following
  let vigil: Vigil
  const rejections = collectRejections()

  before(async () => {
    cluster = await startControlPlane()
    secrets = secretsOf(cluster.api)
    for (const name of ['rauth', 'moved', ...STEADY]) await secrets.namespace(name)
    for (const name of STEADY) await secrets.create(name, login(name))
    rauth = await rightsOf(cluster.api, 'rbac.yaml')
    await untilRights(200)
  })
  after(async () => {
    await cluster.stop()
    rejections.end()
  })

  beforeEach(async () => {
    link = await startLink(cluster)
    following = await follow(link, rauth, { timings })
    await following.untilReady()
    await secrets.create('moved', login('moved', 'canary-0'))
    await following.untilAccepts('moved', 'canary-0')
    vigil = startVigil(following)
  })
  afterEach(async () => {
    await secrets.remove('moved').catch(() => undefined)
    await following.close()
    link.close()
    vigil.end()
    assert.doesNotMatch(following.lines.join('\n'), /canary|Y2FuYXJ5/)
  })

  async function untilRights(status: number): Promise<void> {
    const api = createApi(cluster, rauth)
    await untilStatus(api, CHOSEN, status)
    api.close()
  }

  let changes = 0
  /** A change has its effect, and all is as it should be. */
  async function right(bound: number): Promise<void> {
    const password = `canary-${(changes += 1)}`
    await secrets.replace('moved', login('moved', password))
    const took = await following.untilAccepts('moved', password, true, bound)
    process.stdout.write(`# right again after ${took.toFixed(0)} ms\n`)
    assert.equal(following.store.problem(), undefined)
    assert.ok(link.open() <= 2, `${link.open()} connections`)
  }

  it('the API server is killed and comes back', async () => {
    const before = asked(following)
    await cluster.apiServer.kill()
    try {
      await sleep(LASTS)
      assert.match(following.store.problem() ?? '', /ECONN|disconnected|broke off|hang up/)
      assertBounded(following, before)
    } finally {
      await cluster.start('kube-apiserver')
    }
    await right(RECOVERY)
  })

  it('the API server hangs', async () => {
    const before = asked(following)
    process.kill(cluster.apiServer.pid, 'SIGSTOP')
    try {
      await sleep(LASTS + timings.silence)
      assert.ok(following.store.age() * 1_000 >= LASTS)
      assert.match(following.store.problem() ?? '', /no answer within/)
      assertBounded(following, before)
    } finally {
      process.kill(cluster.apiServer.pid, 'SIGCONT')
    }
    await right(RECOVERY)
  })

  it('etcd is killed and comes back', async () => {
    const before = asked(following)
    await cluster.etcd.kill()
    try {
      await sleep(LASTS)
      assertBounded(following, before)
    } finally {
      await cluster.start('etcd')
    }
    await until('a write', 60_000, () =>
      secrets.replace('moved', login('moved', 'canary-etcd')).then(
        () => true,
        () => false,
      ),
    )
    await following.untilAccepts('moved', 'canary-etcd', true, RECOVERY)
    await right(1_000)
  })

  it('connections are reset, again and again', async () => {
    const end = performance.now() + LASTS
    while (performance.now() < end) {
      link.reset()
      await sleep(Math.min(500, LASTS / 10))
    }
    await right(timings.backoff[1] + 1_000)
  })

  it('what is between forgets the connection and says nothing', async () => {
    link.forget()
    const password = 'canary-unheard'
    await secrets.replace('moved', login('moved', password))
    await following.untilAccepts('moved', password, true, NOTICED)
    assert.equal(following.ends['silent'], 1)
    await right(1_000)
  })

  it('the history that the watch would go on from is gone', async () => {
    link.cut()
    for (let i = 0; i < 20; i += 1) await secrets.replace('moved', login('moved', `canary-x${i}`))
    const { metadata } = (await cluster.api.expect('GET', CHOSEN)) as {
      metadata: { resourceVersion: string }
    }
    const response = await fetch(`${cluster.etcdUrl}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision: metadata.resourceVersion, physical: true }),
    })
    assert.equal(response.status, 200, await response.text())
    // It knows some history itself.
    await cluster.apiServer.kill()
    await cluster.start('kube-apiserver')
    link.mend()
    await following.untilAccepts('moved', 'canary-x19', true, RECOVERY)
    assert.equal(following.ends['expired'], 1, JSON.stringify(following.ends))
    await right(1_000)
  })

  it('rights are taken away and given back', async () => {
    const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
    const { roleRef, subjects } = await cluster.api.expect('GET', `${binding}/rauth`)
    await cluster.api.expect('DELETE', `${binding}/rauth`)
    await untilRights(403)
    const before = asked(following)
    link.reset()
    await sleep(LASTS)
    await until('the trouble', timings.stale + 5_000, () => following.store.problem() !== undefined)
    assert.match(following.store.problem() ?? '', /403: secrets .* is forbidden: .*; next: give it/)
    assertBounded(following, before)
    await cluster.api.expect('POST', binding, { metadata: { name: 'rauth' }, roleRef, subjects })
    await right(RECOVERY)
  })

  it('Secrets change two hundred times a second', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `churned-${i}`)
    for (const name of names) {
      await secrets.namespace(name)
      await secrets.create(name, login(name, 'canary-0'))
    }
    const end = performance.now() + LASTS
    let changed = 0
    const churn = async (name: string) => {
      let next = performance.now()
      while (performance.now() < end) {
        await secrets.replace(name, login(name, `canary-${(changed += 1)}`))
        next += 100
        await sleep(Math.max(0, next - performance.now()))
      }
      await secrets.replace(name, login(name, 'canary-last'))
    }
    const before = asked(following)
    await Promise.all(names.map(churn))
    process.stdout.write(`# ${Math.round(changed / SECONDS)} changes a second\n`)
    for (const name of names) await following.untilAccepts(name, 'canary-last', true, 1_000)
    await right(1_000)
    assert.equal(asked(following), before, 'by the one watch')
    assert.ok(following.lines.length < 150, `${following.lines.length} lines in the log`)
    for (const name of names) await secrets.remove(name)
    await following.untilAccepts('churned-19', 'canary-last', false, 1_000)
  })

  it('a namespace is deleted and made again', async () => {
    await following.untilAccepts('moved', 'canary-0')
    const at = '/api/v1/namespaces/moved'
    await cluster.api.expect('DELETE', at)
    // What the controller of namespaces does, of which there is none here.
    await secrets.remove('moved')
    await following.untilAccepts('moved', 'canary-0', false, 1_000)
    const namespace = await cluster.api.expect('GET', at)
    await cluster.api.expect('PUT', `${at}/finalize`, { ...namespace, spec: { finalizers: [] } })
    await until('its end', 10_000, async () => (await cluster.api.send('GET', at)).status === 404)
    await secrets.namespace('moved')
    await secrets.create('moved', login('moved', 'canary-again'))
    await following.untilAccepts('moved', 'canary-again', true, 1_000)
    await right(1_000)
  })
})
