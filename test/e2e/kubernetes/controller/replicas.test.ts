import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CREDENTIALS,
  startControlCluster,
  type ControlCluster,
} from '../../../support/control/cluster.ts'
import { startController, type RunningController } from '../../../support/control/running.ts'
import { promised, watchStalls } from '../../../support/promised.ts'
import { until } from '../../../support/until.ts'

/** What docs/controller.md says of a leader that dies, milliseconds. */
const TAKEOVER = 20_000

describe('two replicas of rauth controller', () => {
  let cluster: ControlCluster
  let replicas: RunningController[]
  before(async () => {
    cluster = await startControlCluster()
    replicas = [await startController(cluster), await startController(cluster)]
  })
  after(async () => {
    for (const one of replicas) await one.stop()
    await cluster.stop()
  })

  const leads = async (one: RunningController) =>
    /^rauth_controller_leader 1$/m.test(await one.metrics())
  const written = async (one: RunningController) =>
    [
      ...(await one.log()).matchAll(
        /"half":"controller","outcome":"allowed","namespaces":\["([^"]+)"\]/g,
      ),
    ].map(([, namespace]) => namespace)
  const inStep = async (namespace: string) => {
    const login = await cluster.pullLogin(namespace)
    return (
      login !== undefined &&
      login.password === (await cluster.secret(namespace))?.values['password']
    )
  }
  let leader: RunningController
  let other: RunningController

  it('are both ready, and one of them leads', async () => {
    await until('a leader', 60_000, async () => {
      const leading = await Promise.all(replicas.map(leads))
      return leading.filter(Boolean).length === 1
    })
    const [first, second] = replicas as [RunningController, RunningController]
    ;[leader, other] = (await leads(first)) ? [first, second] : [second, first]
    await cluster.namespace('one')
    await until('the Secrets of one', 20_000, () => inStep('one'))
    assert.deepEqual(await written(other), [])
  })

  it('when the leader is killed the other one takes over, and finishes what was begun', async (context) => {
    const [since, stalls] = [performance.now(), watchStalls()]
    await leader.child.kill()
    const before = (await cluster.secret('one'))?.values['password']
    // As if the leader had died between two writes.
    await cluster.namespace('two')
    await cluster.patch('one', CREDENTIALS, {
      data: {
        previousPassword: Buffer.from(before ?? '').toString('base64'),
        previousPasswordNotAfter: Buffer.from('9999-12-31T23:59:59Z').toString('base64'),
        password: Buffer.from('canary-of-the-one-who-died').toString('base64'),
      },
    })
    const took = await promised('the takeover', TAKEOVER, () => inStep('two'), { since, stalls })
    context.diagnostic(`${(took / 1000).toFixed(1)} s until the other one wrote`)
    await until('the end of the rotation', 20_000, async () => {
      const end = (await cluster.secret('one'))?.values['previousPasswordNotAfter'] ?? ''
      return (await inStep('one')) && Date.parse(end) < Date.now() + 2 * 86_400_000
    })
  })

  it('one that ends in order gives the lead away at once', async () => {
    const next = await startController(cluster)
    replicas.push(next)
    const stopping = other.stop()
    await cluster.namespace('three')
    await until('the next leader', 20_000, () => inStep('three'))
    await stopping
    assert.deepEqual(await written(other).then((all) => all.includes('three')), false)
  })
})
