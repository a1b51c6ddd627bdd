import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createUsage } from '../../../../src/adapters/live-view/usage.ts'
import { decisionEvent, deniedEvent } from '../../../support/live-view/events.ts'

describe('the use of namespaces and rules', () => {
  it('counts by namespace, and a step of a login for neither side', () => {
    let time = 1
    const usage = createUsage(10, () => time)
    usage.record(decisionEvent({ namespaces: ['a', 'b'] }))
    time = 2
    usage.record(deniedEvent({ namespaces: ['a'] }))
    usage.record(deniedEvent({ namespaces: ['b'], reason: 'scope_insufficient', status: 401 }))
    assert.deepEqual(usage.ofNamespace('a'), {
      ...{ allowed: 1, lastAllowed: 1, denied: 1, lastDenied: 2, lastReason: 'access_denied' },
    })
    assert.deepEqual(usage.ofNamespace('b'), { allowed: 1, lastAllowed: 1, denied: 0 })
    assert.equal(usage.ofNamespace('c'), undefined)
  })

  it('counts each rule of a decision, and what no rule decided', () => {
    const usage = createUsage(10, () => 5)
    for (const rule of ['p:1', 'p:1,p:2', '']) usage.record(decisionEvent({ rule }))
    assert.deepEqual(usage.ofRule('p:1'), { hits: 2, last: 5 })
    assert.deepEqual(usage.ofRule('p:2'), { hits: 1, last: 5 })
    assert.deepEqual(usage.ofNoRule(), { hits: 1, last: 5 })
  })

  it('holds no more than it may, however many there are', () => {
    const usage = createUsage(3, () => 0)
    for (let at = 0; at < 100; at += 1) {
      usage.record(decisionEvent({ namespaces: [`n-${at}`], rule: `r-${at}` }))
    }
    const known = (of: (name: string) => unknown, prefix: string) =>
      Array.from({ length: 100 }, (_, at) => of(`${prefix}-${at}`)).filter(Boolean).length
    assert.deepEqual([known(usage.ofNamespace, 'n'), known(usage.ofRule, 'r')], [3, 3])
  })
})
