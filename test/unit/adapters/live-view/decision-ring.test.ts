import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDecisionRing } from '../../../../src/adapters/live-view/decision-ring.ts'
import { decisionEvent, deniedEvent } from '../../../support/live-view/events.ts'

const ALL = { usual: 100, denied: 100 }
const START = { usual: 0, denied: 0 }
const any = () => true

describe('the ring of decisions', () => {
  it('gives what came after a cursor, in the order in which it came', () => {
    const ring = createDecisionRing(10, () => 7)
    ring.record(deniedEvent({ id: 'a' }))
    const { cursor } = ring.after(START, ALL, any)
    ring.record(decisionEvent({ id: 'b' }))
    ring.record(deniedEvent({ id: 'c' }))
    const { decisions, more, lost } = ring.after(cursor, ALL, any)
    assert.deepEqual(
      decisions.map(({ event, time }) => [event.id, time]),
      [
        ['b', 7],
        ['c', 7],
      ],
    )
    assert.deepEqual([more, lost], [START, START])
  })

  it('keeps what was denied however much was not', () => {
    const ring = createDecisionRing(3, () => 0)
    ring.record(deniedEvent({ id: 'denied' }))
    for (let at = 0; at < 1000; at += 1) {
      ring.record(decisionEvent({ id: `allowed-${at}` }))
      ring.record(deniedEvent({ id: `challenged-${at}`, reason: 'token_missing', status: 401 }))
    }
    const { decisions, lost } = ring.after(START, ALL, any)
    assert.deepEqual(
      decisions.map(({ event }) => event.id),
      ['denied', 'challenged-998', 'allowed-999', 'challenged-999'],
    )
    assert.deepEqual(lost, { usual: 1997, denied: 0 })
  })

  it('counts what is wanted and too much, and gives the newest of it', () => {
    const ring = createDecisionRing(10, () => 0)
    for (const id of ['a', 'b', 'c', 'd']) ring.record(deniedEvent({ id }))
    const wanted = ({ id }: { id: string }) => id !== 'd'
    const { decisions, more } = ring.after(START, { usual: 0, denied: 2 }, wanted)
    assert.deepEqual(
      decisions.map(({ event }) => event.id),
      ['b', 'c'],
    )
    assert.deepEqual(more, { usual: 0, denied: 1 })
  })

  it('begins with what is kept, and has lost none of that', () => {
    const ring = createDecisionRing(2, () => 0)
    for (const id of ['a', 'b', 'c']) ring.record(deniedEvent({ id }))
    const { decisions, lost } = ring.after(ring.begin(), ALL, any)
    assert.deepEqual([decisions.length, lost], [2, START])
  })

  it('takes a cursor that is ahead of it for one that has read all', () => {
    const ring = createDecisionRing(2, () => 0)
    ring.record(deniedEvent())
    const { decisions, lost } = ring.after({ usual: 99, denied: 99 }, ALL, any)
    assert.deepEqual([decisions, lost], [[], START])
  })
})
