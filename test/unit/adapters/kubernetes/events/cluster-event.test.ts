import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  eventObject,
  nameFor,
  seriesKey,
  type ClusterEvent,
} from '../../../../../src/adapters/kubernetes/events/cluster-event.ts'

const event: ClusterEvent = {
  regarding: {
    ...{ apiVersion: 'v1', kind: 'Secret', namespace: 'team-a', uid: '6c4f' },
    name: 'registry-credentials',
  },
  ...{ type: 'Normal', reason: 'Rotated', action: 'Rotate', note: 'gets the next password' },
}
const reporter = { controller: 'example.com/controller', instance: 'rauth-0' }
const first = Date.UTC(2026, 10, 29, 23, 0, 0, 120)

const messageOf = (note: string) => {
  const series = { event: { ...event, note }, count: 1, first, last: first }
  return String(eventObject(series, 'x', reporter)['message'])
}

describe('an Event', () => {
  it('is of both APIs, for those who read either', () => {
    const series = { event, count: 1, first, last: first }
    assert.deepEqual(eventObject(series, 'x.1', reporter), {
      ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: 'x.1', namespace: 'team-a' } },
      involvedObject: event.regarding,
      ...{ type: 'Normal', reason: 'Rotated', action: 'Rotate' },
      message: 'gets the next password',
      ...{ eventTime: '2026-11-29T23:00:00.120000Z', firstTimestamp: '2026-11-29T23:00:00Z' },
      ...{ lastTimestamp: '2026-11-29T23:00:00Z', count: 1 },
      ...{ reportingComponent: 'example.com/controller', reportingInstance: 'rauth-0' },
      source: { component: 'example.com/controller' },
    })
  })

  it('that was told again says how often', () => {
    const object = eventObject({ event, count: 3, first, last: first + 5_000 }, 'x.1', reporter)
    assert.equal(object['count'], 3)
    assert.equal(object['lastTimestamp'], '2026-11-29T23:00:05Z')
    assert.deepEqual(object['series'], {
      ...{ count: 3, lastObservedTime: '2026-11-29T23:00:05.120000Z' },
    })
  })

  it('is one series whatever the note, and another of another object', () => {
    const same = seriesKey({ ...event, note: 'failed 7 times' })
    assert.equal(same, seriesKey(event))
    const others: readonly ClusterEvent[] = [
      { ...event, type: 'Warning' },
      { ...event, reason: 'Created' },
      { ...event, action: 'Create' },
      { ...event, regarding: { ...event.regarding, uid: 'again' } },
      { ...event, regarding: { ...event.regarding, namespace: 'team-b' } },
    ]
    const keys = others.map(seriesKey)
    assert.equal(new Set([same, ...keys]).size, others.length + 1)
  })

  it('has a name that an object may have, however long', () => {
    const long = { ...event, regarding: { ...event.regarding, name: `${'a'.repeat(219)}.b` } }
    assert.equal(nameFor(long, '0'.repeat(32)), `${'a'.repeat(219)}.${'0'.repeat(32)}`)
    assert.equal(nameFor(event, '1f'), 'registry-credentials.1f')
  })

  it('is not longer than may be told, and ends with no half of a character', () => {
    assert.equal(messageOf('x'.repeat(1_000)), 'x'.repeat(1_000))
    assert.equal(messageOf('x'.repeat(1_001)), `${'x'.repeat(999)}…`)
    assert.equal(messageOf(`${'x'.repeat(998)}😀😀`), `${'x'.repeat(998)}…`)
  })
})
