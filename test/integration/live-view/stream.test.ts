import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DecisionLine } from '../../../src/adapters/live-view/decision-line.ts'
import { decisionEvent, deniedEvent } from '../../support/live-view/events.ts'
import { openLiveView, type OpenedLiveView } from '../../support/live-view/opened.ts'
import { openStream, type OpenStream, type StreamEvent } from '../../support/live-view/stream.ts'

interface Decisions {
  readonly lines: readonly DecisionLine[]
  readonly more: { readonly usual: number; readonly denied: number }
  readonly lost: { readonly usual: number; readonly denied: number }
}

const decisionsIn = ({ name, data }: StreamEvent) =>
  name === 'decisions' ? [data as Decisions] : []
const linesOf = (events: readonly StreamEvent[]) =>
  events.flatMap(decisionsIn).flatMap(({ lines }) => lines)
/** Ticks in which a viewer does not read. */
const ROUNDS = 8

const has = (id: string) => (event: StreamEvent) => linesOf([event]).some((line) => line.id === id)

describe('the stream of decisions', () => {
  let view: OpenedLiveView
  const streams: OpenStream[] = []
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.close()
    await view.close()
  })
  async function open(options: Parameters<typeof openStream>[1] = {}) {
    const stream = await openStream(view.port, options)
    streams.push(stream)
    return stream
  }

  it('tells what was before and what comes, with why not in words', async () => {
    view = await openLiveView()
    view.feed.record(decisionEvent({ id: 'before' }))
    const stream = await open()
    assert.equal(stream.status, 200)
    await stream.next('what was before', has('before'))
    view.feed.record(deniedEvent({ id: 'after', detail: 'a detail', rule: 'policy.yaml:3' }))
    await stream.next('what comes', has('after'))
    const line = linesOf(stream.events).find(({ id }) => id === 'after')
    assert.deepEqual([line?.kind, line?.who, line?.reason], ['refused', 'team-a', 'access_denied'])
    assert.match(line?.why ?? '', /^requested access to the resource is denied: .*\(a detail\)$/)
    assert.equal(line?.note, 'by policy.yaml:3')
  })

  it('tells how rauth is doing each second, also when nothing happens', async () => {
    view = await openLiveView({ health: () => ({ health: [{ name: 'keys', ready: false }] }) })
    const stream = await open()
    await stream.next('the second look', () => stream.events.length >= 2)
    for (const { name, data } of stream.events) {
      assert.equal(name, 'now')
      const { health, viewers } = data as Record<string, unknown>
      assert.deepEqual([health, viewers], [[{ name: 'keys', ready: false }], 1])
    }
  })

  it('goes on after a break where it was, and tells another process nothing', async () => {
    view = await openLiveView()
    const first = await open()
    view.feed.record(deniedEvent({ id: 'a' }))
    const { id = '' } = await first.next('a', has('a'))
    first.close()
    view.feed.record(deniedEvent({ id: 'b' }))
    const again = await open({ headers: { 'last-event-id': id } })
    await again.next('b', has('b'))
    assert.deepEqual(
      linesOf(again.events).map((line) => line.id),
      ['b'],
    )
    for (const other of [id.replace('this-process', 'another'), 'x', '', '9'.repeat(400)]) {
      const stream = await open({ headers: { 'last-event-id': other } })
      await stream.next('all', has('b'))
      assert.equal(linesOf(stream.events).length, 2, other)
    }
  })

  it('filters by what is asked for', async () => {
    view = await openLiveView()
    const stream = await open({ query: 'outcome=denied&namespace=team-b' })
    view.feed.record(deniedEvent({ id: 'not this' }))
    view.feed.record(deniedEvent({ id: 'this', namespaces: ['team-b'] }))
    await stream.next('this', has('this'))
    assert.equal(linesOf(stream.events).length, 1)
  })

  it('tells few of very many, counts the rest, and says all that was denied up to a bound', async () => {
    view = await openLiveView()
    const stream = await open()
    for (let at = 0; at < 900; at += 1) view.feed.record(decisionEvent({ id: `a-${at}` }))
    for (let at = 0; at < 50; at += 1) view.feed.record(deniedEvent({ id: `d-${at}` }))
    await stream.next('the last', has('d-49'))
    const batches = stream.events.flatMap(decisionsIn)
    const ids = linesOf(stream.events).map(({ id }) => id)
    assert.equal(ids.filter((id) => id.startsWith('d-')).length, 50)
    const shown = ids.filter((id) => id.startsWith('a-')).length
    assert.ok(shown <= 25 * batches.length, `${shown} in ${batches.length}`)
    assert.equal(
      batches.reduce((sum, { more }) => sum + more.usual, shown),
      900,
    )
  })

  it('lets a viewer that does not read miss decisions, holds little for it, and says how many', async () => {
    view = await openLiveView()
    const stream = await open()
    await stream.next('the first look', () => true)
    stream.pause()
    const detail = 'x'.repeat(30_000)
    const before = process.memoryUsage().heapUsed
    let sent = 0
    // More than fits into the buffers of both ends of the connection.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let at = 0; at < 5_000; at += 1) {
        view.feed.record(deniedEvent({ id: `${round}-${at}`, detail }))
        sent += 1
      }
      await sleep(260)
    }
    const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20
    assert.ok(grown < 60, `${grown.toFixed(1)} MiB`)
    stream.resume()
    await stream.next('the newest', has(`${ROUNDS - 1}-4999`))
    const told = stream.events
      .flatMap(decisionsIn)
      .reduce((sum, { lines, more, lost }) => sum + lines.length + more.denied + lost.denied, 0)
    assert.equal(told, sent)
    assert.ok(stream.events.flatMap(decisionsIn).length < ROUNDS, 'it was sent all there was')
  })

  it('has room for ten, and tells the eleventh', async () => {
    view = await openLiveView()
    for (let at = 0; at < 10; at += 1) assert.equal((await open()).status, 200)
    assert.equal((await open()).status, 503)
    streams.shift()?.close()
    const [other = assert.fail()] = streams
    // Each of those that came after it may have been told while there were nine as well.
    const { length } = other.events
    const isNew = (event: StreamEvent) => other.events.indexOf(event) >= length
    await other.next('one has gone', (event) => {
      return isNew(event) && (event.data as { viewers?: number }).viewers === 9
    })
    assert.equal((await open()).status, 200)
  })

  it('ends with the process', async () => {
    view = await openLiveView()
    const stream = await open()
    await view.close()
    await stream.next('the end', () => stream.ended())
  })
})
