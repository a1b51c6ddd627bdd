import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it, type TestContext } from 'node:test'
import {
  ELECTION_TIMINGS,
  type ElectionTimings,
} from '../../../src/adapters/kubernetes/leader/timings.ts'
import type { Identity } from '../../support/kubernetes/api.ts'
import { monotonic, openContenders, type Contender } from '../../support/kubernetes/contenders.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import { serviceAccount } from '../../support/kubernetes/service-account.ts'
import { promised, watchStalls } from '../../support/promised.ts'
import { until } from '../../support/until.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/rauth/leases'

/** As long as a test can wait, milliseconds. */
const SHORT: ElectionTimings = { lease: 2_000, renewDeadline: 1_200, retry: 250 }

/** Under which nobody loses the Lease on a machine that is busy with other tests. */
const STEADY: ElectionTimings = { lease: 6_000, renewDeadline: 4_000, retry: 250 }

const leaseName = (_: unknown, index: number) => `lease-${index}`

/** Of one that writes every 5 ms: it does so no more. Milliseconds. */
const QUIET = 250

describe('an election at a real API server, each contender a process', () => {
  let cluster: ControlPlane
  let rights: Identity
  let leases = 0

  before(async () => {
    cluster = await startControlPlane()
    await cluster.api.expect('POST', '/api/v1/namespaces', { metadata: { name: 'rauth' } })
    const group = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }
    rights = await serviceAccount(cluster.api, {
      ...{ namespace: 'rauth', name: 'rauth' },
      rules: [
        { ...group, verbs: ['create'] },
        {
          ...group,
          verbs: ['get', 'update'],
          resourceNames: Array.from({ length: 20 }, leaseName),
        },
      ],
    })
  })
  after(() => cluster.stop())

  const isWriting = (one: Contender) => monotonic() - one.wroteAt() < QUIET
  const untilWriting = (one: Contender) => until(`${one.name} leads`, 60_000, () => isWriting(one))

  /** Each test has a Lease of its own. */
  async function open(test: TestContext) {
    const lease = leaseName(undefined, (leases += 1))
    const contenders = await openContenders(cluster, rights, lease)
    test.after(() => contenders.close())
    return {
      contenders,
      /** Whoever leads comes first. */
      two: async (timings = STEADY): Promise<readonly [Contender, Contender]> => {
        const one = await contenders.start('one', timings)
        await untilWriting(one)
        const other = await contenders.start('other', timings)
        if (timings !== SHORT) assert.equal(other.wroteAt(), -Infinity)
        return [one, other]
      },
      specOf: async () => {
        const { spec } = await cluster.api.expect('GET', `${LEASES}/${lease}`)
        return spec as Readonly<Record<string, unknown>>
      },
    }
  }

  // Most of the time they wait. The longest come first.
  describe('that answers', { concurrency: 3 }, () => {
    it('has a leader within 20 s after the last one was killed, by Kubernetes’ usual times', async (test) => {
      const { contenders, two } = await open(test)
      const [one, other] = await two(ELECTION_TIMINGS)
      const [since, stalls] = [performance.now(), watchStalls()]
      await one.kill()
      const took = await promised('the takeover', 20_000, () => isWriting(other), { since, stalls })
      process.stdout.write(`# takeover after ${Math.round(took)} ms\n`)
      contenders.judge()
    })

    it('has one leader at any time, whatever happens to them', async (test) => {
      const { contenders } = await open(test)
      const names = ['a', 'b', 'c']
      const all = new Map<string, Contender>()
      for (const name of names) all.set(name, await contenders.start(name, SHORT))
      async function untilOneLeads(): Promise<Contender> {
        let leader: Contender | undefined
        await until('a leader', 20_000, () => {
          leader = [...all.values()].find(isWriting)
          return leader !== undefined
        })
        return leader ?? assert.fail()
      }
      for (const [i, fault] of ['STOP', 'KILL', 'TERM', 'STOP', 'KILL'].entries()) {
        const leader = await untilOneLeads()
        process.kill(leader.pid, `SIG${fault}`)
        if (fault === 'STOP') {
          await sleep(SHORT.lease + 500)
          process.kill(leader.pid, 'SIGCONT')
        } else {
          await leader.ended
          all.delete(leader.name)
          const next = `${names[i % 3] ?? ''}${i}`
          all.set(next, await contenders.start(next, SHORT))
        }
      }
      await untilOneLeads()
      contenders.judge()
    })

    it('tells by the Lease who leads, as client-go writes it', async (test) => {
      const { two, specOf } = await open(test)
      const [one, other] = await two()
      const { acquireTime, renewTime, ...rest } = await specOf()
      assert.deepEqual(rest, {
        ...{ holderIdentity: 'one', leaseDurationSeconds: 6, leaseTransitions: 0 },
      })
      for (const time of [acquireTime, renewTime]) {
        assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      }
      await until('a renewal', 20_000, async () => (await specOf())['renewTime'] !== renewTime)
      assert.equal((await specOf())['acquireTime'], acquireTime)
      await one.kill()
      await untilWriting(other)
      const next = await specOf()
      assert.deepEqual([next['holderIdentity'], next['leaseTransitions']], ['other', 1])
      assert.notEqual(next['acquireTime'], acquireTime)
    })

    it('goes to the next at once when the leader ends well', async (test) => {
      const { contenders, two, specOf } = await open(test)
      const [one, other] = await two({ ...ELECTION_TIMINGS, retry: 250 })
      assert.equal(await one.stop(30_000), true)
      const took = await untilWriting(other)
      // If it were not given away, it would be free after 15 s.
      assert.ok(took < 10_000, `${took} ms`)
      assert.equal((await specOf())['leaseTransitions'], 1)
      contenders.judge()
    })

    it('lets a leader that was stopped and goes on write nothing', async (test) => {
      const { contenders, two } = await open(test)
      const [one, other] = await two()
      process.kill(one.pid, 'SIGSTOP')
      await untilWriting(other)
      const awakened = monotonic()
      process.kill(one.pid, 'SIGCONT')
      await until('it knows', 20_000, () =>
        one.lines().some((line) => line.kind === 'change' && line.why === 'not_renewed'),
      )
      await sleep(STEADY.retry * 3)
      assert.ok(one.wroteAt() < awakened)
      await untilWriting(other)
      contenders.judge()
      await other.kill()
      await untilWriting(one)
    })

    it('stays where it is when a leader was stopped for a moment', async (test) => {
      const { two } = await open(test)
      const [one, other] = await two()
      process.kill(one.pid, 'SIGSTOP')
      await sleep(STEADY.renewDeadline / 4)
      process.kill(one.pid, 'SIGCONT')
      await sleep(STEADY.lease + 500)
      await untilWriting(one)
      assert.equal(other.wroteAt(), -Infinity)
    })
  })

  for (const [what, stop, start] of [
    ['is killed', () => cluster.apiServer.kill(), () => cluster.start('kube-apiserver')],
    [
      'hangs',
      () => void process.kill(cluster.apiServer.pid, 'SIGSTOP'),
      () => void process.kill(cluster.apiServer.pid, 'SIGCONT'),
    ],
  ] as const) {
    it(`has no leader once the API server ${what}, and one again afterwards`, async (test) => {
      const { contenders, two } = await open(test)
      const [one, other] = await two(SHORT)
      await stop()
      const begin = monotonic()
      try {
        await until('nobody writes', 20_000, () => !isWriting(one) && !isWriting(other))
        for (const each of [one, other])
          assert.ok(each.wroteAt() - begin <= SHORT.renewDeadline, 'too long')
        await sleep(SHORT.lease + 500)
        assert.ok(!isWriting(one) && !isWriting(other))
      } finally {
        await start()
      }
      await until('a leader', 20_000, () => isWriting(one) || isWriting(other))
      contenders.judge()
    })
  }
})
