import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide, type BeginTrace } from '../../src/decision.ts'
import { recordOf, type DecisionEvent } from '../../src/event.ts'
import { accepted, refused } from '../../src/refusal.ts'

function recorder() {
  const events: DecisionEvent[] = []
  let now = 1000
  let ids = 0
  const deps = {
    timer: () => (now += 2),
    newId: () => `id-${String((ids += 1))}`,
    record: (event: DecisionEvent) => void events.push(event),
  }
  return { deps, events }
}

describe('decide', () => {
  it('records an allowed decision once, with what was learned on the way', async () => {
    const { deps, events } = recorder()
    const answer = await decide(deps, 'token', { address: '10.0.0.1', method: 'GET' }, (learn) => {
      learn({ account: 'team-a' })
      learn({ granted: 'repository:team-a/app:pull' })
      return Promise.resolve(accepted('yes'))
    })
    assert.deepEqual(answer, { decision: 'id-1', result: { ok: true, value: 'yes' } })
    assert.equal(events.length, 1)
    const { duration, ...event } = events[0] ?? assert.fail()
    assert.ok(Math.abs(duration - 2) < 0.001, `milliseconds, not ${String(duration)}`)
    assert.deepEqual(event, {
      id: 'id-1',
      half: 'token',
      outcome: 'allowed',
      status: 200,
      address: '10.0.0.1',
      method: 'GET',
      account: 'team-a',
      granted: 'repository:team-a/app:pull',
    })
  })

  it('goes on untraced, and records, where the tracer fails', async () => {
    const { deps, events } = recorder()
    const trace: BeginTrace = () => {
      throw new Error('no tracer')
    }
    const { result } = await decide({ ...deps, trace }, 'token', {}, () =>
      Promise.resolve(accepted('yes')),
    )
    assert.deepEqual(result, { ok: true, value: 'yes' })
    assert.deepEqual(
      events.map(({ outcome, trace: position }) => [outcome, position]),
      [['allowed', undefined]],
    )
  })

  it('records why it refused, and keeps what was learned before', async () => {
    const { deps, events } = recorder()
    await decide(deps, 'gateway', {}, (learn) => {
      learn({ requested: 'repository:team-b/app:pull' })
      return Promise.resolve(refused('access_denied', { detail: 'why' }))
    })
    assert.equal(events[0]?.outcome, 'refused')
    assert.equal(events[0].status, 403)
    assert.equal(events[0].reason, 'access_denied')
    assert.equal(events[0].detail, 'why')
    assert.equal(events[0].requested, 'repository:team-b/app:pull')
  })

  it('turns whatever is thrown into a 503 that does not say what was thrown', async () => {
    const { deps, events } = recorder()
    const answer = await decide(deps, 'gateway', {}, () => Promise.reject(new TypeError('boom')))
    assert.deepEqual(answer.result, {
      ok: false,
      refusal: { reason: 'internal', detail: 'boom' },
    })
    assert.equal(events[0]?.outcome, 'failed')
    assert.equal(events[0].status, 503)
  })

  it('never rejects, whatever it is made of', async () => {
    const boom = () => {
      throw new Error('boom')
    }
    const rows = [
      [{ timer: boom }, 'unrecorded', 'internal'],
      [{ newId: boom }, 'unrecorded', 'internal'],
      [{ record: boom }, 'id-1', 'unrecorded'],
    ] as const
    for (const [broken, id, reason] of rows) {
      const { deps, events } = recorder()
      const answer = await decide({ ...deps, ...broken }, 'token', {}, () =>
        Promise.resolve(accepted('yes')),
      )
      assert.equal(answer.decision, id)
      assert.deepEqual(answer.result, refused(reason, { detail: 'boom' }))
      assert.deepEqual(events, [])
    }
  })

  it('lets nothing pass that it cannot record', async () => {
    const { deps } = recorder()
    const record = () => {
      throw new Error('disk full')
    }
    const { result } = await decide({ ...deps, record }, 'gateway', {}, () =>
      Promise.resolve(accepted('yes')),
    )
    assert.deepEqual(result, { ok: false, refusal: { reason: 'unrecorded', detail: 'disk full' } })
  })
})

describe('a decision in a trace', () => {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }

  it('is recorded with the ids of whoever asked where rauth does not trace', async () => {
    const { deps, events } = recorder()
    await decide(deps, 'token', { parent }, () => Promise.resolve(accepted('yes')))
    const [event = assert.fail()] = events
    assert.deepEqual(event.trace, {
      ...{ traceId: parent.traceId, parentId: parent.spanId, sampled: true },
    })
    assert.equal('parent' in event, false)
    const record = recordOf(event)
    assert.deepEqual([record.trace_id, 'trace' in record], [parent.traceId, false])
    assert.equal('span_id' in record, false)
  })

  it('runs within its own span where it does', async () => {
    const { deps, events } = recorder()
    let isWithin = false
    const position = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), sampled: true }
    const trace: BeginTrace = (found) => {
      assert.equal(found, parent)
      return {
        position,
        run(body) {
          isWithin = true
          try {
            return body()
          } finally {
            isWithin = false
          }
        },
      }
    }
    await decide({ ...deps, trace }, 'token', { parent }, () => {
      assert.ok(isWithin)
      return Promise.resolve(accepted('yes'))
    })
    assert.equal(isWithin, false)
    const [event = assert.fail()] = events
    assert.equal(event.trace, position)
    assert.deepEqual(recordOf(event).span_id, position.spanId)
  })
})
