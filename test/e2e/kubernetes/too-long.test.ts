import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Identity } from '../../support/kubernetes/api.ts'
import { startControlPlane, type ControlPlane } from '../../support/kubernetes/control-plane.ts'
import {
  follow,
  PROMISED,
  type Following,
  type FollowOptions,
} from '../../support/kubernetes/following.ts'
import { rightsOf } from '../../support/kubernetes/rights.ts'
import { secretsOf, type Secrets } from '../../support/kubernetes/secrets.ts'
import { promised } from '../../support/promised.ts'

const login = (namespace: string, password = 'canary') => ({ username: namespace, password })

const NONE = { usable: 0, unusable: 0, ended: 0, waits: 0 }

const OTHERS = Array.from({ length: 20 }, (_, i) => `team-${i}`)

const HOSTILE = '/api/v1/namespaces/hostile/secrets'

describe('a Secret that is longer in JSON than rauth holds', () => {
  let cluster: ControlPlane
  let secrets: Secrets
  let rauth: Identity
  const followings: Following[] = []

  before(async () => {
    cluster = await startControlPlane()
    secrets = secretsOf(cluster.api)
    for (const name of ['rauth', 'good', 'hostile', 'zone', ...OTHERS]) {
      await secrets.namespace(name)
    }
    for (const name of ['good', 'zone', ...OTHERS]) await secrets.create(name, login(name))
    rauth = await rightsOf(cluster.api, 'rbac.yaml')
  })
  afterEach(async () => {
    for (const one of followings.splice(0)) {
      assert.doesNotMatch(one.lines.join('\n'), /canary|Y2FuYXJ5|<<<|u003c/)
      await one.close()
    }
    await cluster.api.send('DELETE', `${HOSTILE}/registry-credentials`)
    await secrets.replace('good', login('good'))
  })
  after(() => cluster.stop())

  async function start(options: FollowOptions = {}): Promise<Following> {
    const following = await follow(cluster, rauth, options)
    followings.push(following)
    await following.untilReady()
    return following
  }

  /** The type of a Secret is the writer's choice, and each `<` of it is six bytes of JSON. */
  const hostile = (length: number, annotations: Readonly<Record<string, string>> = {}) => ({
    // What would stand before its uid, if the API server kept it.
    metadata: { name: 'registry-credentials', selfLink: '"'.repeat(10_000), annotations },
    type: '<'.repeat(length),
    data: { username: 'aG9zdGlsZQ==', password: 'Y2FuYXJ5' },
  })
  const create = (length: number) => cluster.api.expect('POST', HOSTILE, hostile(length))

  const isDisabled = ({ store, lines }: Following) =>
    promised('the end of its namespace', PROMISED, () => {
      const told = lines.some((line) => /hostile.*longer than 3145728 bytes/.test(line))
      return told && store.counts().unusable === 1 && store.byUsername('hostile').length === 0
    })

  async function rotates({ soon, accepts }: Following, password: string): Promise<void> {
    await secrets.replace('good', login('good', password))
    await soon('good', password)
    assert.ok(!accepts('good', 'canary'))
  }

  // The first of these is four million bytes, the second what etcd takes at most.
  for (const length of [650_000, 1_450_000]) {
    it(`disables its namespace on a watch and no other: ${length * 6} bytes`, async () => {
      const following = await start()
      await secrets.create('hostile', login('hostile'))
      await following.untilAccepts('hostile', 'canary')
      await secrets.remove('hostile')
      await create(length)
      await isDisabled(following)
      await rotates(following, 'canary-2')
      assert.equal(following.store.problem(), undefined)

      await secrets.remove('hostile')
      await promised('it gone', PROMISED, () => following.store.counts().unusable === 0)
      await secrets.create('hostile', login('hostile'))
      await following.untilAccepts('hostile', 'canary')
      assert.deepEqual(following.ends, {})
    })

    it(`disables its namespace in a list and no other: ${length * 6} bytes`, async () => {
      await create(length)
      const following = await start()
      await isDisabled(following)
      assert.deepEqual(following.store.counts(), {
        ...NONE,
        usable: OTHERS.length + 2,
        unusable: 1,
      })
      for (const name of ['good', 'zone', ...OTHERS]) assert.ok(following.accepts(name, 'canary'))
      const { 200: answers = 0 } = following.answers
      assert.ok(answers < 30, `${answers} requests: the pages behind it are no smaller`)

      await rotates(following, 'canary-2')
      await secrets.remove('hostile')
      await secrets.create('hostile', login('hostile'))
      await following.untilAccepts('hostile', 'canary')
      assert.deepEqual(following.ends, {})
    })
  }

  it('does not keep the other namespaces of a list of them from being served', async () => {
    await create(1_450_000)
    const following = await start({ namespaces: ['good', 'hostile'] })
    await isDisabled(following)
    await rotates(following, 'canary-2')
    assert.equal(following.store.problem(), undefined)
  })

  it('makes no other change late by changing all the time', async () => {
    await create(650_000)
    const following = await start({ timings: { recheck: 1_000 } })
    const stop = new AbortController()
    const change = async () => {
      for (let count = 0; !stop.signal.aborted; count += 1) {
        const body = hostile(650_000, { count: String(count) })
        await cluster.api.expect('PUT', `${HOSTILE}/registry-credentials`, body)
        await sleep(50)
      }
    }
    const changing = change()
    for (let i = 0; i < 8; i += 1) await rotates(following, `canary-${i}`)
    stop.abort()
    await changing
    assert.deepEqual(following.ends, {})
  })
})
