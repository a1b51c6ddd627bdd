import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRecentDecisions } from '../../../../src/adapters/ops/recent-decisions.ts'
import type { DecisionEvent } from '../../../../src/event.ts'

const event = (id: string, outcome: DecisionEvent['outcome'] = 'refused'): DecisionEvent => ({
  ...{ id, half: 'gateway', outcome, status: 200, duration: 1 },
})

describe('recent decisions', () => {
  it('are the last ones, the refused ones not pushed out by those that were allowed', () => {
    const decisions = createRecentDecisions(3, () => 0)
    decisions.record(event('refused'))
    decisions.record(event('failed', 'failed'))
    for (let i = 0; i < 10; i += 1) decisions.record(event(`allowed-${i}`, 'allowed'))
    const known = (id: string) => decisions.find(id) !== undefined
    assert.ok(known('refused') && known('failed'))
    assert.ok(known('allowed-9') && known('allowed-7') && !known('allowed-6'))
    for (let i = 0; i < 3; i += 1) decisions.record(event(`more-${i}`))
    assert.ok(!known('refused') && !known('failed') && known('more-0'))
  })

  it('have their time, and what explains them as long as that is there', () => {
    const decisions = createRecentDecisions(2, () => Date.parse('2026-11-25T12:00:00Z'))
    decisions.record({ ...event('a'), why: () => ({ granted: [] }) })
    decisions.record({ ...event('b'), why: () => undefined })
    const time = '2026-11-25T12:00:00.000Z'
    assert.deepEqual(decisions.find('a'), { time, ...event('a'), explanation: { granted: [] } })
    assert.deepEqual(decisions.find('b'), { time, ...event('b') })
    assert.equal(decisions.find('c'), undefined)
  })
})
