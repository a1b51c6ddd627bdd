import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { backUpEtcd } from '../../support/kubernetes/etcd-backup.ts'
import { timings, SECONDS } from '../../support/kubernetes/fault-table.ts'
import { CHOSEN, describeFaults, login, type World } from '../../support/kubernetes/fault-suite.ts'
import { startHalves } from '../../support/kubernetes/halves.ts'
import { follow } from '../../support/kubernetes/following.ts'
import { startLink } from '../../support/kubernetes/link.ts'
import type { ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { until } from '../../support/until.ts'

const LASTS = SECONDS * 1_000

/** Of a `moved` that was changed, another namespace that was made, and one that was removed, after the backup. */
async function restored(world: World, more: number): Promise<number> {
  const { cluster, secrets, link, letIn, following, right } = world
  const { accepts } = following
  await secrets.namespace('removed')
  await secrets.create('removed', login('removed'))
  await secrets.namespace('made')
  await following.untilAccepts('removed', 'canary')
  const backup = await backUpEtcd(cluster)
  // The API server may still be finding etcd again.
  await right()
  await secrets.create('made', login('made'))
  await secrets.remove('removed')
  for (let i = 0; i < 20; i += 1) await secrets.replace('moved', login('moved', `canary-${i}`))
  await letIn('canary-19')
  assert.ok(accepts('made', 'canary') && !accepts('removed', 'canary'))
  link.cut()
  await backup.restore()
  // What is written anew takes the numbers of what is lost.
  const spare = { username: 'spare', password: 'canary' }
  await secrets.namespace('spare')
  await secrets.create('spare', spare)
  for (let i = 0; i < more; i += 1) await secrets.replace('spare', { ...spare, more: String(i) })
  link.mend()
  const begin = performance.now()
  await letIn('canary-0')
  await following.untilAccepts('made', 'canary', false, 60_000)
  await following.untilAccepts('removed', 'canary', true, 60_000)
  const took = performance.now() - begin
  await backup.remove()
  for (const name of ['removed', 'spare']) await secrets.remove(name)
  return took
}

/** Lets etcd forget what was before the Secrets of now. */
async function compacted({ api, etcdUrl }: ControlPlane): Promise<void> {
  const { metadata } = (await api.expect('GET', CHOSEN)) as {
    metadata: { resourceVersion: string }
  }
  const response = await fetch(`${etcdUrl}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision: metadata.resourceVersion, physical: true }),
  })
  assert.equal(response.status, 200, await response.text())
}

describeFaults('an API server and etcd in trouble', {
  'the API server is killed and starts again': async ({ cluster, following, right }) => {
    await cluster.apiServer.kill()
    await sleep(LASTS)
    assert.match(following.store.problem() ?? '', /ECONN|disconnected|broke off|hang up/)
    await cluster.start('kube-apiserver')
    return right()
  },

  'the API server hangs and goes on': async ({ cluster, following, right, assertBounded }) => {
    process.kill(cluster.apiServer.pid, 'SIGSTOP')
    try {
      await sleep(LASTS + timings.silence)
      assert.ok(following.store.age() * 1_000 >= LASTS)
      assert.match(following.store.problem() ?? '', /no answer within/)
      assertBounded()
    } finally {
      process.kill(cluster.apiServer.pid, 'SIGCONT')
    }
    return right()
  },

  'the API server is away when rauth starts': async ({ link, rauth, right, halves: others }) => {
    const token = await others.token('moved', 'canary-0')
    link.cut()
    const late = await follow(link, rauth, { timings })
    const halves = await startHalves(
      late.store,
      () => Date.now() / 1000,
      (thrown) => assert.fail(String(thrown)),
    )
    const passes = async () => (await halves.pull('moved', String(token))) === 200
    let took: number
    try {
      await sleep(LASTS)
      assert.equal(await halves.token('moved', 'canary-0'), 503)
      assert.equal(await halves.pull('moved', String(token)), 503)
      link.mend()
      took = await until('a pull', 60_000, passes)
      assert.equal(typeof (await halves.token('moved', 'canary-0')), 'string')
    } finally {
      await halves.close()
      await late.close()
    }
    await right()
    return took
  },

  'etcd is killed and starts again': async ({ cluster, right }) => {
    await cluster.etcd.kill()
    await sleep(LASTS)
    await cluster.start('etcd')
    return right()
  },

  'the history that the watch goes on from is gone (410)': async (world) => {
    const { cluster, secrets, link, rauth, letIn } = world
    // Beside the one that lists after a while, as a busy machine may take that long, one that only watches.
    const other = await startLink(cluster)
    const begun = follow(other, rauth, { timings: { ...timings, poll: 3_600_000 } })
    try {
      const watching = await begun
      await until('a list and a watch', 20_000, () => (watching.answers[200] ?? 0) >= 2)
      for (const each of [link, other]) each.cut()
      for (let i = 0; i < 20; i += 1) await secrets.replace('moved', login('moved', `canary-x${i}`))
      await compacted(cluster)
      // It knows some history itself.
      await cluster.apiServer.kill()
      await cluster.start('kube-apiserver')
      for (const each of [link, other]) each.mend()
      const took = await letIn('canary-x19')
      await watching.untilAccepts('moved', 'canary-x19')
      assert.equal(watching.ends['expired'], 1, JSON.stringify(watching.ends))
      return took
    } finally {
      other.close()
      await (await begun).close()
    }
  },

  'etcd is put back to an older state': (world) => restored(world, 0),
  'etcd is put back, and more was written since than before': (world) => restored(world, 100),
})
