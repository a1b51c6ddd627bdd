import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMetrics } from '../../../../src/adapters/ops/metrics.ts'
import type { DecisionEvent } from '../../../../src/event.ts'

const EVENT: DecisionEvent = {
  id: 'id-1',
  half: 'gateway',
  outcome: 'allowed',
  status: 200,
  account: 'canary-account',
  namespaces: ['canary-namespace'],
  requested: 'repository:canary/app:pull',
  tokenId: 'canary-token-id',
  duration: 2.5,
}

describe('metrics', () => {
  it('count decisions by closed labels, and by nothing that a client can choose', async () => {
    const metrics = createMetrics()
    metrics.record(EVENT)
    metrics.record(EVENT)
    metrics.record({ ...EVENT, outcome: 'refused', status: 403, reason: 'access_denied' })
    const text = await metrics.render()
    assert.match(text, /^rauth_decisions_total\{half="gateway",outcome="allowed",reason=""\} 2$/m)
    assert.match(
      text,
      /^rauth_decisions_total\{half="gateway",outcome="refused",reason="access_denied"\} 1$/m,
    )
    assert.doesNotMatch(text, /canary/)
  })

  it('count durations in seconds', async () => {
    const metrics = createMetrics()
    metrics.record(EVENT)
    const text = await metrics.render()
    assert.match(text, /^rauth_decision_duration_seconds_sum\{half="gateway"\} 0\.0025$/m)
    assert.match(text, /^rauth_decision_duration_seconds_bucket\{le="0\.001",half="gateway"\} 0$/m)
    assert.match(text, /^rauth_decision_duration_seconds_bucket\{le="0\.0025",half="gateway"\} 1$/m)
  })

  it('tell of the TLS of each listener when they are asked for', async () => {
    const metrics = createMetrics()
    const certificates = new Map([['token', 1000]])
    metrics.observeTls(() => ({ certificates, authorities: new Map([['gateway', 2000]]) }))
    metrics.tlsReloadFailed('gateway')
    metrics.tlsHandshakeFailed('gateway', 'no_tls')
    certificates.set('token', 1500)
    const text = await metrics.render()
    assert.match(text, /^rauth_tls_expiry_timestamp_seconds\{listener="token"\} 1500$/m)
    const clients =
      /^rauth_tls_client_authority_expiry_timestamp_seconds\{listener="gateway"\} 2000$/m
    assert.match(text, clients)
    assert.match(text, /^rauth_tls_reload_failures_total\{listener="gateway"\} 1$/m)
    const handshakes =
      /^rauth_tls_handshake_failures_total\{listener="gateway",reason="no_tls"\} 1$/m
    assert.match(text, handshakes)
  })

  it('count the decisions that did not reach a part of rauth', async () => {
    const metrics = createMetrics()
    metrics.sinkFailed('log')
    assert.match(await metrics.render(), /^rauth_decision_sink_failures_total\{sink="log"\} 1$/m)
  })

  it('are of one program, not of the whole process', async () => {
    createMetrics().record(EVENT)
    assert.doesNotMatch(await createMetrics().render(), /^rauth_decisions_total\{/m)
  })
})
