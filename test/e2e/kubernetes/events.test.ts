import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { ClusterEvent } from '../../../src/adapters/kubernetes/events/cluster-event.ts'
import {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
} from '../../../src/adapters/kubernetes/events/event-recorder.ts'
import type { Identity, Json } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { ourApi, type OurApi } from '../../support/kubernetes/our-api.ts'
import { refuseEvents } from '../../support/kubernetes/refuse-events.ts'
import { serviceAccount } from '../../support/kubernetes/service-account.ts'
import { until } from '../../support/until.ts'

const EVENTS = '/api/v1/namespaces/team-a/events'

/** Longer than a busy API server needs for some writes, milliseconds; it is over as soon as these are done. */
const PATIENCE = 30_000

describe('Events at a real API server', () => {
  let cluster: ControlPlane
  let rights: Identity
  let api: OurApi
  let recorder: EventRecorder
  let troubles: (string | undefined)[]
  let now: number

  before(async () => {
    cluster = await startControlPlane()
    for (const name of ['rauth', 'team-a']) {
      await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name } })
    }
    rights = await serviceAccount(cluster.api, {
      ...{ namespace: 'rauth', name: 'rauth', clusterWide: true },
      rules: [{ apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }],
    })
  })
  beforeEach(async () => {
    api = await ourApi(cluster, rights)
    now = Date.now()
    start()
  })
  afterEach(async () => {
    await recorder.close(PATIENCE)
    await api.close()
    await cluster.api.send('DELETE', EVENTS)
  })
  after(() => cluster.stop())

  function start(options: Partial<EventRecorderOptions> = {}): void {
    troubles = []
    recorder = createEventRecorder({
      ...{ api, controller: 'example.com/controller', instance: 'rauth-0' },
      ...{ clock: () => now, timer: () => performance.now(), random: Math.random },
      unique: () => randomUUID().replaceAll('-', ''),
      onTrouble: (problem) => troubles.push(problem),
      ...options,
    })
  }
  const event = (more: Partial<ClusterEvent> = {}): ClusterEvent => ({
    regarding: {
      ...{ apiVersion: 'v1', kind: 'Secret', namespace: 'team-a', uid: '6c4f' },
      name: 'registry-credentials',
    },
    ...{ type: 'Normal', reason: 'Rotated', action: 'Rotate', note: 'gets the next password' },
    ...more,
  })
  async function found(path = EVENTS): Promise<readonly Json[]> {
    return (await cluster.api.expect('GET', path))['items'] as readonly Json[]
  }
  const written = () => api.answers.length

  it('tell of an object by either API', async () => {
    recorder.record(event())
    await recorder.close(PATIENCE)
    const [old, ...others] = await found()
    assert.deepEqual(
      [old?.['reason'], old?.['message'], old?.['type'], old?.['count'], others.length],
      ['Rotated', 'gets the next password', 'Normal', 1, 0],
    )
    const [next] = await found('/apis/events.k8s.io/v1/namespaces/team-a/events')
    assert.deepEqual(
      [next?.['note'], next?.['action'], next?.['reportingController'], next?.['eventTime']],
      [
        ...['gets the next password', 'Rotate', 'example.com/controller'],
        new Date(now).toISOString().replace('Z', '000Z'),
      ],
    )
    assert.deepEqual(troubles, [])
  })

  it('tell the same again by its count and its last words', async () => {
    for (let i = 1; i <= 3; i += 1) {
      recorder.record(event({ note: `try ${i}` }))
      await until('a write', 20_000, () => written() === i)
      now += 1_000
    }
    recorder.record(event({ reason: 'Repaired' }))
    await recorder.close(PATIENCE)
    const events = await found()
    const repeated = events.find((one) => one['reason'] === 'Rotated')
    assert.equal(events.length, 2)
    assert.deepEqual([repeated?.['count'], repeated?.['message']], [3, 'try 3'])
    assert.equal((repeated?.['series'] as { count: number }).count, 3)
  })

  it('begin anew after a while, and when the API server forgot the first', async () => {
    recorder.record(event())
    await until('a write', 20_000, () => written() === 1)
    now += 7 * 60_000
    recorder.record(event())
    await until('a write', 20_000, () => written() === 2)
    assert.deepEqual(
      (await found()).map((one) => one['count']),
      [1, 1],
    )
    await cluster.api.expect('DELETE', EVENTS)
    recorder.record(event())
    await recorder.close(PATIENCE)
    assert.deepEqual(
      (await found()).map((one) => one['count']),
      [2],
    )
    assert.deepEqual(troubles, [])
  })

  it('cost few writes when something fails all the time, and nobody waits for them', async () => {
    const before = process.cpuUsage()
    for (let i = 0; i < 10_000; i += 1) {
      recorder.record(event({ type: 'Warning', reason: `Failed${i % 40}`, note: `no ${i}` }))
    }
    const { user } = process.cpuUsage(before)
    assert.ok(user < 2_000_000, `${user} µs of work`)
    const another = { apiVersion: 'v1', kind: 'Secret', namespace: 'team-a', name: 'another' }
    recorder.record(event({ regarding: another }))
    await recorder.close(PATIENCE)
    assert.ok(written() <= 26, `${written()} writes`)
    const events = await found()
    assert.ok(events.some((one) => (one['involvedObject'] as Json)['name'] === 'another'))
  })

  it('of what is in no namespace are in the default one', async () => {
    await cluster.api.send('POST', '/api/v1/namespaces', { metadata: { name: 'default' } })
    recorder.record(event({ regarding: { apiVersion: 'v1', kind: 'Namespace', name: 'team-a' } }))
    await recorder.close(PATIENCE)
    assert.equal((await found('/api/v1/namespaces/default/events')).length, 1)
  })

  it('of a namespace that is not there are dropped in silence', async () => {
    const gone = { apiVersion: 'v1', kind: 'Secret', namespace: 'gone', name: 'x' }
    recorder.record(event({ regarding: gone }))
    recorder.record(event())
    await recorder.close(PATIENCE)
    assert.deepEqual([troubles, (await found()).length], [[], 1])
  })

  it('wait for an API server that is away, without anybody noticing', async () => {
    start({ limits: { again: [300, 300], tries: 200, patience: 1_000 } })
    await cluster.apiServer.kill()
    try {
      recorder.record(event())
      recorder.record(event())
      await until('the trouble', 20_000, () => troubles.length > 0)
    } finally {
      await cluster.start('kube-apiserver')
    }
    await until('the end of it', 30_000, () => troubles.at(-1) === undefined)
    assert.equal(troubles.length, 2, 'told once')
    assert.deepEqual(
      (await found()).map((one) => one['count']),
      [2],
    )
  })

  it('that are refused for one namespace wait beside those of all others', async () => {
    const refused = '/api/v1/namespaces/team-b/events'
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'team-b' } })
    const takeAgain = await refuseEvents(cluster.api, 'team-b')
    start({ limits: { again: [1_000, 1_000], tries: 60 } })
    const regarding = { apiVersion: 'v1', kind: 'Secret', namespace: 'team-b', name: 'x' }
    for (const reason of ['One', 'Two', 'Three', 'Four', 'Five', 'Six']) {
      recorder.record(event({ regarding, reason }))
    }
    recorder.record(event())
    await until('the other', 20_000, async () => (await found()).length === 1)
    assert.deepEqual(await found(refused), [])
    await takeAgain()
    await recorder.close(PATIENCE)
    assert.equal((await found(refused)).length, 6)
  })

  it('that wait are no more than are known, the last ones', async () => {
    start({ limits: { most: 50 } })
    process.kill(cluster.apiServer.pid, 'SIGSTOP')
    try {
      for (let i = 0; i < 5_000; i += 1) {
        const regarding = { apiVersion: 'v1', kind: 'Secret', namespace: 'team-a', name: `s${i}` }
        recorder.record(event({ regarding }))
      }
    } finally {
      process.kill(cluster.apiServer.pid, 'SIGCONT')
    }
    await recorder.close(PATIENCE)
    const names = (await found()).map((one) => (one['involvedObject'] as Json)['name'])
    assert.ok(names.length >= 50 && names.length < 60, `${names.length}`)
    assert.ok(names.includes('s4999') && names.includes('s4950'))
  })

  it('are given up in time when rauth ends', async () => {
    process.kill(cluster.apiServer.pid, 'SIGSTOP')
    try {
      recorder.record(event())
      const begin = performance.now()
      await recorder.close(300)
      // Sooner than the question is given up, which would end the wait as well.
      assert.ok(performance.now() - begin < 5_000)
      recorder.record(event())
    } finally {
      process.kill(cluster.apiServer.pid, 'SIGCONT')
    }
  })

  it('that may not be written are a trouble that is told once', async () => {
    await cluster.api.send('POST', '/api/v1/namespaces/rauth/serviceaccounts', {
      metadata: { name: 'no-rights' },
    })
    const tokens = '/api/v1/namespaces/rauth/serviceaccounts/no-rights/token'
    const { status } = await cluster.api.expect('POST', tokens, { spec: {} })
    const limited = await ourApi(cluster, status as { token: string })
    start({ api: limited })
    for (const reason of ['One', 'Two']) recorder.record(event({ reason }))
    await until('the trouble', 20_000, () => troubles.length > 0)
    await recorder.close(5_000)
    assert.equal(troubles.length, 1)
    assert.match(troubles[0] ?? '', /403: events is forbidden: .* cannot create resource "events"/)
    // Two Events, each tried as often as any that is not taken.
    assert.deepEqual(new Set(limited.answers), new Set([403]))
    assert.ok(limited.answers.length <= 10, `${limited.answers.length} requests`)
    await limited.close()
  })
})
