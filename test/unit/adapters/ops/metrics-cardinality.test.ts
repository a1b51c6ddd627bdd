import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMetrics } from '../../../../src/adapters/ops/metrics.ts'
import type { DecisionEvent } from '../../../../src/event.ts'
import { REASONS } from '../../../../src/refusal.ts'
import { ROUTE_NAMES } from '../../../../src/route-name.ts'

const EVENTS = 10_000
const HALVES = ['token', 'gateway', 'catalog'] as const
/** One more: what has no name. */
const ROUTES = ROUTE_NAMES.length + 1
const METHODS = ['GET', 'PUT', 'PROPFIND', 'X\u0000', '', 'é'.repeat(100)]

/** Everything in it that a client chooses is new each time. */
function eventOf(index: number): DecisionEvent {
  const id = String(index)
  const reason = REASONS[Math.floor(index / (HALVES.length * ROUTES)) % REASONS.length]
  const route = ROUTE_NAMES[Math.floor(index / HALVES.length) % ROUTES]
  return {
    ...{ id, half: HALVES[index % HALVES.length] ?? 'cli', outcome: 'refused', status: 403 },
    ...{ duration: index % 50, ...(reason && { reason }), ...(route && { route }) },
    ...{ account: `user-${id}`, namespaces: [`namespace-${id}`], credentials: [`ns-${id}/c`] },
    ...{ requested: `repository:namespace-${id}/app:pull`, granted: '', path: `/odd/${id}` },
    ...{ detail: `detail ${id}`, rule: `rule-${id}`, shadow: `rule-${id}`, tokenId: id, keyId: id },
    ...{ address: `192.0.2.${String(index % 256)}`, method: METHODS[index % METHODS.length] ?? '' },
    requestId: id,
  }
}

const series = (text: string) => text.split('\n').filter((line) => line.startsWith('rauth_'))

describe('series of metrics', () => {
  it('are bounded by rauth, whatever 10,000 namespaces and odd clients send', async () => {
    const metrics = createMetrics()
    for (let index = 0; index < EVENTS; index += 1) metrics.record(eventOf(index))
    const half = await metrics.render()
    for (let index = EVENTS; index < 2 * EVENTS; index += 1) metrics.record(eventOf(index))
    const text = await metrics.render()
    assert.equal(series(text).length, series(half).length)
    const decisions = series(text).filter((line) => line.startsWith('rauth_decisions_total{'))
    assert.equal(decisions.length, HALVES.length * ROUTES * REASONS.length)
    const buckets = series(text).filter((line) =>
      line.startsWith('rauth_decision_duration_seconds'),
    )
    // 15 buckets, +Inf, sum and count.
    assert.equal(buckets.length, HALVES.length * ROUTES * 18)
    assert.doesNotMatch(text, /namespace-|user-|rule-|192\.0\.2|PROPFIND/)
  })
})
