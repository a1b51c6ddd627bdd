import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  answer,
  startFakeApi,
  type FakeApi,
  type Fault,
} from '../../support/kubernetes/fake-api.ts'
import { follow, type Following, type FollowOptions } from '../../support/kubernetes/following.ts'
import { until } from '../../support/until.ts'

const login = (namespace: string, password: string) => ({ username: namespace, password })
const status = (code: number, message: string) => ({ kind: 'Status', code, message })
const always = (fault: Fault) => Array.from({ length: 1_000 }, () => fault)

/** Takes a watch up, and then this. */
const opening = (then: (response: ServerResponse) => void): Fault => {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    then(response)
  }
}
const endsAtOnce = opening((response) => void response.end())

describe('Secrets of the Kubernetes API, while no watch works', () => {
  let api: FakeApi
  let following: Following | undefined
  beforeEach(async () => {
    api = await startFakeApi()
    api.quietly.put('team-a', login('team-a', 'one'))
  })
  afterEach(async () => {
    await following?.close()
    await api.stop()
  })

  async function start(options: FollowOptions = {}): Promise<Following> {
    following = await follow(api, { token: 'any' }, options)
    await following.untilReady()
    return following
  }
  const asked = (wanted: string) => api.asked.filter(({ kind }) => kind === wanted).length

  const faults: readonly (readonly [what: string, fault: Fault, told: RegExp])[] = [
    [
      'is refused',
      (response) => {
        answer(response, 403, status(403, 'secrets: cannot watch'))
      },
      /403: secrets: cannot watch/,
    ],
    ['is closed at once', endsAtOnce, /the watch ended at once/],
    ['breaks off at once', opening((response) => void response.socket?.destroy()), /warn Secrets/],
  ]
  for (const [what, fault, told] of faults) {
    it(`are read now and then in a list, when each watch ${what}`, async () => {
      api.faults.watch.push(...always(fault))
      const begin = performance.now()
      // A watch is tried again after 400 ms at most.
      const poll = 800
      const { lines, store, untilAccepts } = await start({ timings: { poll, stale: 60_000 } })
      api.quietly.put('team-a', login('team-a', 'two'))
      await untilAccepts('team-a', 'two')
      api.quietly.remove('team-a')
      await untilAccepts('team-a', 'two', false)
      await until('word of it', 20_000, () => told.test(lines.join('\n')))
      await until('a watch is tried again', 20_000, () => asked('watch') > asked('list') + 1)
      const most = 2 + (performance.now() - begin) / poll
      assert.ok(asked('list') <= most, 'a list is not asked for at each failure')
      assert.equal(store.problem(), undefined)
      assert.doesNotMatch(lines.join('\n'), /followed again/)
      api.faults.watch.length = 0
      await until('a watch that works', 20_000, () => /followed again/.test(lines.join('\n')))
      api.put('team-b', login('team-b', 'three'))
      await untilAccepts('team-b', 'three')
    })
  }

  it('are no longer in force after maxStale, although watches are taken up', async () => {
    api.faults.watch.push(...always(endsAtOnce))
    const { accepts, store, untilAccepts } = await start({ maxStale: 1.5, timings: { poll: 300 } })
    api.faults.list.push(
      ...always((response) => {
        answer(response, 500, status(500, 'no lists'))
      }),
    )
    await untilAccepts('team-a', 'one', false)
    assert.ok(store.age() > 1.5)
    assert.equal(store.ready(), false)
    assert.match(store.problem() ?? '', /no longer in force/)
    api.faults.watch.length = 0
    // Lists go on failing, and keep no watch from its turn.
    await untilAccepts('team-a', 'one')
    assert.ok(accepts('team-a', 'one'))
  })

  it('are read in full when it is time, although each watch ends before a list beside it does', async () => {
    const slow: Fault = (response) => {
      const metadata = { resourceVersion: '200' }
      setTimeout(() => {
        answer(response, 200, { kind: 'SecretList', metadata, items: [] })
      }, 1_500)
    }
    const brief = opening((response) => void setTimeout(() => response.end(), 1_100))
    api.faults.watch.push(...always(brief))
    const { untilAccepts } = await start({ timings: { recheck: 200, poll: 300 } })
    api.faults.list.push(...always(slow))
    await untilAccepts('team-a', 'one', false)
  })
})
