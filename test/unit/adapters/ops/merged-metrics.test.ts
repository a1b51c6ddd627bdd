import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createMergedMetrics } from '../../../../src/adapters/ops/merged-metrics.ts'
import { createMetrics, type MetricsSnapshot } from '../../../../src/adapters/ops/metrics.ts'

it('counts what all processes counted, also those that are no more', async () => {
  const own = createMetrics()
  own.observePolicy(() => ({ rules: 3, version: 'a' }))
  const others = [1, 2, 3].map((id) => [id, createMetrics()] as const)
  const there = new Map(others)
  for (const [id, metrics] of others) {
    metrics.observeCredentials(() => id !== 2)
    metrics.observePolicy(() => ({ rules: 2 + id, version: id === 3 ? 'b' : 'a' }))
    for (let count = 0; count < id; count += 1) {
      metrics.record({ ...{ id: '', half: 'token', outcome: 'allowed' }, status: 200, duration: 1 })
    }
  }
  const merged = createMergedMetrics(own, async () => {
    const asked = [...there].map(async ([id, one]) => [id, await one.snapshot()] as const)
    return new Map<number, MetricsSnapshot>(await Promise.all(asked))
  })
  const value = async (series: string) => {
    const line = (await merged.render()).split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length))
  }
  const DECISIONS = 'rauth_decisions_total{half="token",route="other",outcome="allowed",reason=""}'
  assert.equal(await value(DECISIONS), 6)
  assert.equal(await value('rauth_credentials_synced'), 0)
  assert.equal(await value('rauth_policy_rules'), 5)
  assert.equal(await value('rauth_policy_info{version="b"}'), 1)

  for (const id of [2, 3]) {
    there.delete(id)
    merged.retire(id)
  }
  for (const round of ['first', 'second']) {
    assert.equal(await value(DECISIONS), 6, `${round} time`)
    assert.equal(await value('rauth_credentials_synced'), 1)
    assert.equal(await value('rauth_policy_info{version="b"}'), undefined)
  }
  assert.equal(await value('rauth_decision_duration_seconds_count{half="token",route="other"}'), 6)
})
