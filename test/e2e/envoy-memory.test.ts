import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { isMap, type Document } from 'yaml'
import { sendHttp2Crowd, type RunningCrowd } from '../support/http2-crowd.ts'
import { ask, fetchToken } from '../support/http.ts'
import { peakMemory } from '../support/process-figures.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { digestOf, OCTETS, placeOf } from '../support/upload.ts'

const MONITORS = ['overload_manager', 'resource_monitors']

/**
 * Of the heap and of the whole process, MiB. What is no heap, and what comes in between two looks at it, is no less where
 * the heap is small: the chart leaves 256 MiB for that.
 */
const [HEAP, MEMORY] = [192, 192 + 128]

/** The shipped configuration for an Envoy that may have less, so that less of the machine is used. */
function shrink(document: Document): void {
  const name = 'envoy.resource_monitors.fixed_heap'
  const monitors = [0, 1].map((at) => [...MONITORS, at])
  const heap = monitors.find((place) => {
    const monitor = document.getIn(place)
    return isMap(monitor) && monitor.get('name') === name
  })
  assert.ok(heap, 'Envoy does not look at its heap')
  document.setIn([...heap, 'typed_config', 'max_heap_size_bytes'], HEAP * 2 ** 20)
}

describe('the memory of Envoy', () => {
  let stack: Stack
  let authorization: string
  let blob: string
  let crowd: RunningCrowd | undefined
  before(async () => {
    stack = await startStack({
      ...{ registry: '3', registryAuth: false, envoy: true, quiet: true, editEnvoy: shrink },
    })
    const login = stack.login('team-a')
    const scope = 'repository:team-a/app:pull,push'
    authorization = `Bearer ${await fetchToken(stack.token, login, stack.service, scope)}`
    const layer = 'x'.repeat(8 * 2 ** 20)
    const uploads = '/v2/team-a/app/blobs/uploads/'
    const headers = { authorization, ...OCTETS }
    const begun = await ask(stack.entry, uploads, { method: 'POST', headers })
    const place = `${placeOf(begun.headers['location'])}&digest=${digestOf(layer)}`
    const ended = await ask(stack.entry, place, { method: 'PUT', headers, body: layer })
    assert.equal(ended.status, 201, ended.body)
    blob = `/v2/team-a/app/blobs/${digestOf(layer)}`
  })
  afterEach(() => crowd?.stop())
  after(() => stack.stop())

  /** Looks on for a while, or until it is too much; after the crowd has gone all is as before. */
  async function staysBelow(limit: number): Promise<void> {
    const end = performance.now() + 4_000
    await until('the end, or too much memory', 20_000, () => {
      return performance.now() > end || peakMemory(stack.envoyPid()) > limit
    })
    const most = peakMemory(stack.envoyPid())
    assert.ok(most <= limit, `${most.toFixed(0)} MiB`)
    crowd?.stop()
    await until('an answer', 20_000, async () => {
      const answer = await ask(stack.entry, '/v2/', { headers: { authorization } }).catch(
        () => null,
      )
      return answer?.status === 200
    })
  }

  it('is not used up by heads that are large only once they are read', async () => {
    const many = { sessions: 200, streams: 100, again: true }
    crowd = await sendHttp2Crowd(stack.entry, { ...many, path: '/v2/', repeated: 4 })
    await staysBelow(MEMORY)
  })

  it('is not used up by layers that nobody goes on reading', async () => {
    const many = { sessions: 8, streams: 100, again: false }
    crowd = await sendHttp2Crowd(stack.entry, { ...many, path: blob, authorization })
    await staysBelow(MEMORY)
  })
})
