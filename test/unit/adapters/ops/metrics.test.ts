import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createControllerMetrics } from '../../../../src/adapters/ops/controller-metrics.ts'
import { createMetrics } from '../../../../src/adapters/ops/metrics.ts'
import type { DecisionEvent } from '../../../../src/event.ts'
import { VERSION } from '../../../../src/version.ts'

const EVENT: DecisionEvent = {
  id: 'id-1',
  half: 'gateway',
  route: 'manifest_read',
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
    const refusal = { outcome: 'refused', status: 403, reason: 'access_denied' } as const
    metrics.record({ id: 'id-2', half: 'gateway', duration: 1, ...refusal })
    const text = await metrics.render()
    assert.match(
      text,
      /^rauth_decisions_total\{half="gateway",route="manifest_read",outcome="allowed",reason=""\} 2$/m,
    )
    assert.match(
      text,
      /^rauth_decisions_total\{half="gateway",route="other",outcome="refused",reason="access_denied"\} 1$/m,
    )
    assert.doesNotMatch(text, /canary/)
  })

  it('count durations in seconds', async () => {
    const metrics = createMetrics()
    metrics.record(EVENT)
    const text = await metrics.render()
    assert.match(
      text,
      /^rauth_decision_duration_seconds_sum\{half="gateway",route="manifest_read"\} 0\.0025$/m,
    )
    assert.match(
      text,
      /^rauth_decision_duration_seconds_bucket\{le="0\.001",half="gateway",route="manifest_read"\} 0$/m,
    )
    assert.match(
      text,
      /^rauth_decision_duration_seconds_bucket\{le="0\.0025",half="gateway",route="manifest_read"\} 1$/m,
    )
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

  it('tell of Secrets as they stand when they are asked for, and of no end where there is none', async () => {
    const metrics = createMetrics()
    let [now, end] = [1000, 2000 as number | undefined]
    metrics.observeSecrets({
      counts: () => ({ usable: 1, unusable: 0, ended: now < 2000 ? 0 : 1, waits: 0 }),
      nextEnd: () => end,
    })
    const before = await metrics.render()
    assert.match(before, /^rauth_credentials_secrets\{state="ended"\} 0$/m)
    assert.match(before, /^rauth_credentials_next_end_timestamp_seconds 2000$/m)
    ;[now, end] = [2000, undefined]
    const later = await metrics.render()
    assert.match(later, /^rauth_credentials_secrets\{state="ended"\} 1$/m)
    assert.doesNotMatch(later, /^rauth_credentials_next_end_timestamp_seconds /m)
    end = 3000
    assert.match(await metrics.render(), /^rauth_credentials_next_end_timestamp_seconds 3000$/m)
  })

  it('count what was known without work, of each memory from its start', async () => {
    const metrics = createMetrics()
    const known = metrics.lookup('bcrypt')
    assert.match(
      await metrics.render(),
      /^rauth_cache_lookups_total\{cache="bcrypt",result="hit"\} 0$/m,
    )
    known(true)
    known(true)
    known(false)
    const text = await metrics.render()
    assert.match(text, /^rauth_cache_lookups_total\{cache="bcrypt",result="hit"\} 2$/m)
    assert.match(text, /^rauth_cache_lookups_total\{cache="bcrypt",result="miss"\} 1$/m)
    assert.doesNotMatch(text, /issued_tokens/)
  })

  it('tell which rauth it is, and which policy decides', async () => {
    const metrics = createMetrics()
    let policy = { rules: 3, version: 'aaaa' }
    metrics.observePolicy(() => policy)
    const first = await metrics.render()
    assert.match(first, /^rauth_policy_info\{version="aaaa"\} 1$/m)
    assert.match(first, /^rauth_policy_rules 3$/m)
    const build = `rauth_build_info{version="${VERSION}",node="${process.versions.node}"} 1\n`
    assert.ok(first.includes(build))
    policy = { rules: 4, version: 'bbbb' }
    const second = await metrics.render()
    assert.match(second, /^rauth_policy_info\{version="bbbb"\} 1$/m)
    assert.doesNotMatch(second, /aaaa/)
  })

  it('tell of guesses, and of whether credentials are known', async () => {
    const metrics = createMetrics()
    let known = false
    metrics.observeFailures(() => ({ name: 3, network: 2, token: 1 }))
    metrics.observeRedis(() => false)
    metrics.observeCredentials(() => known)
    const text = await metrics.render()
    assert.match(text, /^rauth_guessing_sources\{counted_by="name"\} 3$/m)
    assert.match(text, /^rauth_guessing_sources\{counted_by="network"\} 2$/m)
    assert.match(text, /^rauth_guessing_sources\{counted_by="token"\} 1$/m)
    assert.match(text, /^rauth_guessing_redis_up 0$/m)
    assert.match(text, /^rauth_credentials_synced 0$/m)
    known = true
    assert.match(await metrics.render(), /^rauth_credentials_synced 1$/m)
  })

  it('begin with no failure, of which one more shows', async () => {
    const metrics = createMetrics()
    metrics.observeSinks(['log'])
    metrics.observeTls(() => ({ certificates: new Map([['token', 1]]), authorities: new Map() }))
    await metrics.render()
    const text = await metrics.render()
    for (const series of [
      'rauth_decision_sink_failures_total{sink="log"}',
      'rauth_tls_reload_failures_total{listener="token"}',
      'rauth_shadow_denials_total{half="gateway"}',
    ]) {
      assert.ok(text.includes(`${series} 0\n`), series)
    }
    const controller = await createControllerMetrics().render()
    assert.match(controller, /^rauth_controller_reconciles_total\{outcome="failed"\} 0$/m)
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
