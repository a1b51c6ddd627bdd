import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import {
  answer,
  startFakeApi,
  type FakeApi,
  type Fault,
} from '../../support/kubernetes/fake-api.ts'
import { follow, type Following, type FollowOptions } from '../../support/kubernetes/following.ts'
import { until } from '../../support/until.ts'

const login = (namespace: string, password: string) => ({ username: namespace, password })

/** Longer than a test takes on any machine, milliseconds. */
const NEVER = 600_000

/** Opens a watch, sends this and leaves it open. */
const opening = (then: (response: ServerResponse) => void): Fault => {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    then(response)
  }
}

const status = (code: number, message: string) => ({
  ...{ apiVersion: 'v1', kind: 'Status', status: 'Failure', code, message },
})

describe('Secrets of the Kubernetes API, when a watch goes wrong', () => {
  let api: FakeApi
  let following: Following
  const started: Following[] = []
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => rejections.push(reason)

  before(() => process.on('unhandledRejection', onRejection))
  after(() => process.off('unhandledRejection', onRejection))
  beforeEach(async () => {
    api = await startFakeApi()
    api.quietly.put('team-a', login('team-a', 'canary-1'))
  })
  afterEach(async () => {
    for (const one of started.splice(0)) {
      assert.doesNotMatch(one.lines.join('\n'), /canary|Y2FuYXJ5/, 'a password is in the log')
      await one.close()
    }
    await api.stop()
    assert.deepEqual(rejections.splice(0), [])
  })

  async function start(options: FollowOptions = {}): Promise<void> {
    following = await follow(api, { token: 'any' }, options)
    started.push(following)
    await following.untilReady()
    assert.ok(following.accepts('team-a', 'canary-1'))
  }

  const watched = (count = 1) => until('a watch', 20_000, () => api.watches.size === count)
  const kinds = () => api.asked.map(({ kind }) => kind)
  const versions = () =>
    api.asked.flatMap(({ kind, query }) => (kind === 'watch' ? [query.get('resourceVersion')] : []))

  it('takes up what is made, changed and removed', async () => {
    await start({ timings: { silence: NEVER } })
    await watched()
    api.put('team-b', login('team-b', 'canary-2'))
    await following.untilAccepts('team-b', 'canary-2')
    api.put('team-b', login('team-b', 'canary-3'))
    await following.untilAccepts('team-b', 'canary-3')
    assert.ok(!following.accepts('team-b', 'canary-2'))
    api.remove('team-a')
    await following.untilAccepts('team-a', 'canary-1', false)
    assert.deepEqual(kinds(), ['list', 'watch'])
  })

  it('goes on from the last bookmark after the API server closed a watch', async () => {
    await start({ timings: { silence: NEVER } })
    await watched()
    const metadata = { resourceVersion: '777' }
    api.send({ type: 'BOOKMARK', object: { apiVersion: 'v1', kind: 'Secret', metadata } })
    // Sooner than a second it would count as a failure.
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    for (const { response } of api.watches) response.end()
    await until('the next watch', 20_000, () => versions().length === 2)
    assert.deepEqual(versions(), ['101', '777'])
    assert.deepEqual(following.ends, { ended: 1 })
  })

  const breaks: readonly (readonly [what: string, fault: (response: ServerResponse) => void])[] = [
    ['is gone in the middle of a line', (response) => void response.socket?.destroy()],
    ['ends in the middle of a line', (response) => void response.end()],
    ['is cut in the middle of a chunk', (response) => void response.socket?.end()],
  ]
  for (const [what, fault] of breaks) {
    it(`asks again from the last whole event when a watch ${what}`, async () => {
      api.faults.watch.push(
        opening((response) => {
          const event = {
            type: 'ADDED',
            object: api.quietly.put('team-b', login('team-b', 'canary')),
          }
          response.write(`${JSON.stringify(event)}\n`)
          const half = {
            type: 'ADDED',
            object: api.quietly.put('team-c', login('team-c', 'canary')),
          }
          response.write(JSON.stringify(half).slice(0, 150), () => {
            fault(response)
          })
        }),
      )
      await start({ timings: { silence: NEVER } })
      await until('the next watch', 20_000, () => versions().length === 2)
      assert.deepEqual(versions(), ['101', '102'])
      assert.ok(following.accepts('team-b', 'canary'))
      assert.deepEqual(following.ends, { broken: 1 })
    })
  }

  const lists: readonly (readonly [what: string, end: string, fault: Fault])[] = [
    [
      'says in the stream that its version is too old',
      'expired',
      opening((response) => {
        response.write(`${JSON.stringify({ type: 'ERROR', object: status(410, 'too old') })}\n`)
      }),
    ],
    [
      'answers 410',
      'expired',
      (response) => {
        answer(response, 410, status(410, 'too old'))
      },
    ],
    [
      'does not know the version yet',
      'expired',
      (response) => {
        answer(response, 504, status(504, 'Too large resource version: 9, current: 1'))
      },
    ],
    [
      'has a line that is no JSON',
      'garbled',
      opening((response) => void response.write('{"type":"ADDED","object":{"canary"\n')),
    ],
    [
      'has an event that nobody knows',
      'garbled',
      opening((response) => void response.write('{"type":"RENAMED","object":{}}\n')),
    ],
    [
      'has a line that does not end',
      'garbled',
      opening((response) => {
        const more = () => {
          while (response.write('x'.repeat(65_536)));
          response.once('drain', more)
        }
        more()
      }),
    ],
    ['says nothing', 'silent', opening(() => undefined)],
  ]
  for (const [what, end, fault] of lists) {
    it(`reads all again when a watch ${what}`, async () => {
      api.faults.watch.push((response, url) => {
        // Nobody tells of these.
        api.quietly.remove('team-a')
        api.quietly.put('team-b', login('team-b', 'canary-2'))
        fault(response, url)
      })
      await start({ timings: { silence: end === 'silent' ? 700 : NEVER } })
      await following.untilAccepts('team-b', 'canary-2')
      assert.ok(!following.accepts('team-a', 'canary-1'))
      await watched()
      assert.deepEqual(kinds(), ['list', 'watch', 'list', 'watch'])
      assert.deepEqual(following.ends, { [end]: 1 })
      assert.equal(following.store.problem(), undefined)
    })
  }

  it('reads all again soon after a watch broke, since the API server may be at an older state', async () => {
    await start({ timings: { poll: 300, silence: 60_000 } })
    await watched()
    api.setVersion(40)
    api.quietly.put('team-b', login('team-b', 'canary-2'))
    api.quietly.remove('team-a')
    for (const { response } of api.watches) response.socket?.destroy()
    await following.untilAccepts('team-b', 'canary-2')
    assert.ok(!following.accepts('team-a', 'canary-1'))
    // 101 is not there yet.
    await until('a watch from there on', 20_000, () => versions().at(-1) === '42')
  })

  it('leaves an API server alone for as long as it asks', async () => {
    api.faults.watch.push((response) => {
      answer(response, 429, status(429, 'storage is (re)initializing'), { 'retry-after': '1' })
    })
    await start()
    const begin = performance.now()
    await watched()
    assert.ok(performance.now() - begin > 900)
    assert.deepEqual(kinds(), ['list', 'watch', 'watch'])
  })

  it('does not ask again and again when each watch is closed at once', async () => {
    const end: Fault = opening((response) => void response.end())
    api.faults.watch.push(...Array.from({ length: 1_000 }, () => end))
    await start({ timings: { stale: 100 } })
    const begin = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    // 20 ms, then twice that up to 400: six, and then five a second at most.
    const most = 10 + (5 * (performance.now() - begin)) / 1_000
    assert.ok(api.asked.length < most, `${api.asked.length} requests`)
    api.faults.watch.length = 0
    await watched()
  })
})
