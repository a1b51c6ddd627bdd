import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, afterEach, before, describe, it } from 'node:test'
import { createBootTimer } from '../../../src/adapters/kubernetes/leader/boot-timer.ts'
import {
  startElection,
  type Election,
  type ElectionOptions,
} from '../../../src/adapters/kubernetes/leader/election.ts'
import type { Leadership } from '../../../src/adapters/kubernetes/leader/reign.ts'
import type { ElectionTimings } from '../../../src/adapters/kubernetes/leader/timings.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { ourApi, type OurApi } from '../../support/kubernetes/our-api.ts'
import { until } from '../../support/until.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/rauth/leases'
const LEASE = `${LEASES}/rauth-controller`
const HOUR = 3_600_000

const SHORT: ElectionTimings = { lease: 4_000, renewDeadline: 3_000, retry: 200 }

describe('an election among others', () => {
  let cluster: ControlPlane
  let api: OurApi
  const running: Election[] = []

  before(async () => {
    cluster = await startControlPlane()
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
    api = await ourApi(cluster, cluster.administrator)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.close()))
    await cluster.api.send('DELETE', LEASE)
  })
  after(async () => {
    await api.close()
    await cluster.stop()
  })

  function start(identity: string, more: Partial<ElectionOptions> = {}) {
    const told: string[] = []
    const troubles: string[] = []
    const election = startElection({
      ...{ api, namespace: 'rauth', name: 'rauth-controller', identity, timings: SHORT },
      ...{ clock: Date.now, timer: createBootTimer(), random: Math.random },
      lead: ({ leading }) =>
        new Promise((resolve) => {
          leading.addEventListener('abort', () => {
            resolve()
          })
        }),
      onChange: (change) => told.push(change.leading ? 'leads' : change.why),
      onTrouble: (problem) => troubles.push(problem ?? 'over'),
      ...more,
    })
    running.push(election)
    return { election, told, troubles }
  }
  const untilLeading = (one: Election) => until('a leader', 20_000, () => one.isLeading())

  /** As client-go would: a Lease of another program that holds it, and how it renews it. */
  async function another(holder: string, seconds: number): Promise<() => Promise<void>> {
    const spec = { holderIdentity: holder, leaseDurationSeconds: seconds, leaseTransitions: 7 }
    const body = () => ({
      metadata: { name: 'rauth-controller' },
      spec: { ...spec, renewTime: new Date().toISOString().replace('Z', '000Z') },
    })
    await cluster.api.expect('POST', LEASES, body())
    return async () => {
      const { metadata } = await cluster.api.expect('GET', LEASE)
      await cluster.api.expect('PUT', LEASE, { ...body(), metadata })
    }
  }

  it('goes to one alone, though their clocks are hours apart', async () => {
    const all = [0, -HOUR, HOUR].map((off, i) =>
      start(`clock-${i}`, { clock: () => Date.now() + off }),
    )
    await until('a leader', 20_000, () => all.some(({ election }) => election.isLeading()))
    const end = performance.now() + 1.5 * SHORT.lease
    while (performance.now() < end) {
      assert.equal(all.filter(({ election }) => election.isLeading()).length, 1)
      await sleep(10)
    }
    assert.equal(all.flatMap(({ told }) => told).join(), 'leads')
    await until('all know it', 20_000, () => {
      return new Set(all.map(({ election }) => election.leader())).size === 1
    })
  })

  it('waits for a holder that is another program, for as long as that one’s Lease says', async () => {
    const renew = await another('their-controller', 3)
    const { election, told } = start('one')
    const end = performance.now() + 4_000
    let renewed = 0
    while (performance.now() < end) {
      assert.equal(election.isLeading(), false)
      renewed = performance.now()
      await renew()
      await sleep(100)
    }
    assert.equal(election.leader(), 'their-controller')
    await untilLeading(election)
    assert.ok(performance.now() - renewed >= 3_000, 'sooner than it may')
    assert.deepEqual(told, ['leads'])
    const { spec } = await cluster.api.expect('GET', LEASE)
    assert.equal((spec as { leaseTransitions: number }).leaseTransitions, 8)
  })

  it('knows since when nobody leads: whoever writes the Lease once is no leader', async () => {
    const renew = await another('a-ghost', 2_147_483_647)
    const timer = createBootTimer()
    let later = 0
    const { election } = start('one', { timer: () => timer() + later })
    await until('it knows', 20_000, () => election.leader() === 'a-ghost')
    assert.ok(election.silence() < 5_000)
    later = 9 * SHORT.lease
    assert.ok(election.silence() >= 9 * SHORT.lease)
    assert.equal(election.isLeading(), false)
    await renew()
    await until('it sees that', 20_000, () => election.silence() < 9 * SHORT.lease)
    later += 11 * SHORT.lease
    await untilLeading(election)
    assert.equal(election.silence(), 0)
  })

  it('does not take a Lease that is deleted before its holder must have given up', async () => {
    const begin = performance.now()
    await another('their-controller', 3)
    const { election } = start('one')
    await until('it knows', 20_000, () => election.leader() === 'their-controller')
    await cluster.api.expect('DELETE', LEASE)
    await untilLeading(election)
    assert.ok(performance.now() - begin >= 3_000, 'sooner than it may')
  })

  it('leads no more once somebody else has the Lease, and goes on when only a label changed', async () => {
    const { election, told, troubles } = start('one')
    await untilLeading(election)
    const change = async (by: object, spec: object) => {
      // A renewal may come in between.
      await until('a change', 20_000, async () => {
        const found = await cluster.api.expect('GET', LEASE)
        const metadata = { ...(found['metadata'] as object), ...by }
        const body = { ...found, metadata, spec: { ...(found['spec'] as object), ...spec } }
        return (await cluster.api.send('PUT', LEASE, body)).status === 200
      })
    }
    await change({ labels: { a: 'b' } }, {})
    await sleep(SHORT.renewDeadline + 1_000)
    assert.deepEqual([election.isLeading(), told, troubles], [true, ['leads'], []])
    await change({}, { holderIdentity: 'their-controller' })
    await until('the end', 20_000, () => !election.isLeading())
    await until('why', 20_000, () => told.at(-1) === 'lost')
    await untilLeading(election)
  })

  it('knows by its clock that its time is over, before any timer tells', async () => {
    const timer = createBootTimer()
    let asleep = 0
    let led: Leadership | undefined
    const { election, told } = start('one', {
      timer: () => timer() + asleep,
      lead: (leadership) => {
        led = leadership
        return new Promise((resolve) => {
          leadership.leading.addEventListener('abort', () => {
            resolve()
          })
        })
      },
    })
    await untilLeading(election)
    assert.ok(led !== undefined)
    assert.deepEqual([led.mayWrite(), led.leading.aborted], [true, false])
    asleep = SHORT.renewDeadline
    assert.deepEqual([led.mayWrite(), led.leading.aborted], [false, true])
    await until('why', 20_000, () => told.at(-1) === 'not_renewed')
  })

  it('lets another lead when what it leads ends, or fails', async () => {
    let reigns = 0
    const one = start('one', {
      lead: () => {
        reigns += 1
        return reigns === 1 ? Promise.resolve() : Promise.reject(new Error('cannot lead'))
      },
    })
    await until('a second time', 20_000, () => reigns >= 2)
    assert.deepEqual(one.told.slice(0, 3), ['leads', 'resigned', 'leads'])
    await until('the trouble', 20_000, () => one.troubles.includes('cannot lead'))
    const other = start('other')
    await untilLeading(other.election)
  })

  it('does not give the Lease back before all that it leads is at its end', async () => {
    let end: () => void = () => undefined
    const one = start('one', { lead: () => new Promise((resolve) => (end = resolve)) })
    await untilLeading(one.election)
    const closing = one.election.close()
    await sleep(300)
    const holder = async () =>
      ((await cluster.api.expect('GET', LEASE))['spec'] as { holderIdentity: string })
        .holderIdentity
    assert.deepEqual([one.election.isLeading(), await holder()], [false, 'one'])
    end()
    await closing
    assert.equal(await holder(), '')
  })

  it('says what is wrong when it may not have the Lease', async () => {
    await cluster.api.expect('POST', '/api/v1/namespaces/rauth/serviceaccounts', {
      metadata: { name: 'no-rights' },
    })
    const tokens = '/api/v1/namespaces/rauth/serviceaccounts/no-rights/token'
    const { status } = await cluster.api.expect('POST', tokens, { spec: {} })
    const limited = await ourApi(cluster, status as { token: string })
    const { election, troubles } = start('one', { api: limited })
    await until('looks', 20_000, () => limited.answers.length > 3)
    assert.ok(election.silence() > 0)
    assert.match(troubles[0] ?? '', /403: leases.* is forbidden: .* cannot get resource "leases"/)
    // Told once, however often it looked.
    assert.ok(troubles.every((trouble, i) => trouble !== troubles[i - 1]))
    await election.close()
    await limited.close()
  })
})
