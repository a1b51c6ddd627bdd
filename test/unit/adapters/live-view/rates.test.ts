import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRates } from '../../../../src/adapters/live-view/rates.ts'
import { decisionEvent, deniedEvent } from '../../../support/live-view/events.ts'

describe('the rates of the last minute', () => {
  let time = 1_800_000_000_000
  const rates = createRates(() => time)

  it('knows of nothing before there is anything', () => {
    const { history, p50, p99, reasons } = rates.now()
    assert.equal(history.allowed.length, 60)
    assert.deepEqual([p50, p99, reasons], [undefined, undefined, []])
  })

  it('counts whole seconds by kind, and what was denied by reason', () => {
    rates.record(decisionEvent({ duration: 1 }))
    rates.record(decisionEvent({ duration: 1 }))
    rates.record(deniedEvent({ duration: 100 }))
    rates.record(deniedEvent({ reason: 'token_missing', status: 401, duration: 1 }))
    assert.equal(rates.now().history.allowed.at(-1), 0, 'the second is not over')
    time += 1000
    const { history, reasons, total } = rates.now()
    const last = Object.fromEntries(
      Object.entries(history).map(([kind, counts]) => [kind, counts.at(-1)]),
    )
    assert.deepEqual(last, { allowed: 2, challenged: 1, refused: 1, failed: 0 })
    assert.deepEqual(reasons, [{ reason: 'access_denied', count: 1 }])
    assert.deepEqual(total, last)
  })

  it('tells half and nearly all of the durations, a tenth too much at most', () => {
    const { p50 = 0, p99 = 0 } = rates.now()
    assert.ok(p50 >= 1 && p50 <= 1.1, `p50 ${p50}`)
    assert.ok(p99 >= 100 && p99 <= 110, `p99 ${p99}`)
  })

  it('takes durations that are no time and those that are for ever', () => {
    const odd = createRates(() => time)
    for (const duration of [0, -1, Number.NaN]) odd.record(decisionEvent({ duration }))
    odd.record(decisionEvent({ duration: 1e12 }))
    time += 1000
    const { p50 = 0, p99 = 0 } = odd.now()
    assert.ok(p50 <= 0.011 && p99 > 100_000, `${p50} ${p99}`)
  })

  it('forgets what is older than a minute, and not the sums', () => {
    time += 60_000
    const { history, p50, reasons, seen, total } = rates.now()
    assert.equal(Math.max(...history.allowed, ...history.refused), 0)
    assert.deepEqual([p50, reasons, total.allowed], [undefined, [], 2])
    rates.record(deniedEvent({ reason: 'token_missing', status: 401 }))
    assert.deepEqual(seen.length, 2)
    assert.deepEqual(rates.now().seen, [
      { reason: 'token_missing', count: 2 },
      { reason: 'access_denied', count: 1 },
    ])
  })
})
