import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { decisionRoute } from '../../../src/adapters/ops/decision-route.ts'
import { healthRoutes } from '../../../src/adapters/ops/health.ts'
import { metricsRoute } from '../../../src/adapters/ops/metrics-route.ts'
import { createMetrics } from '../../../src/adapters/ops/metrics.ts'
import { createRecentDecisions } from '../../../src/adapters/ops/recent-decisions.ts'
import { createOperationsServer } from '../../../src/adapters/ops/server.ts'
import { ask } from '../../support/http.ts'

describe('the operations port', () => {
  let listener: Listener
  const metrics = createMetrics()
  const decisions = createRecentDecisions(2, () => Date.parse('2026-11-25T12:00:00Z'))
  before(async () => {
    const server = createOperationsServer({
      routes: [
        ...healthRoutes(() => [{ name: 'keys', ready: () => false, trouble: () => 'none' }]),
        metricsRoute(metrics),
        decisionRoute(decisions),
      ],
      onFailure: (thrown) => assert.fail(String(thrown)),
    })
    listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  })
  after(() => listener.close(0))

  it('tells of health, in JSON and in lines', async () => {
    const alive = await ask(listener.port, '/livez')
    assert.deepEqual([alive.status, JSON.parse(alive.body)], [200, { status: 'ok' }])
    assert.equal((await ask(listener.port, '/readyz')).status, 503)
    const { headers, body } = await ask(listener.port, '/readyz?verbose')
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(body, '[-]keys failed: none\nreadyz check failed\n')
    assert.equal((await ask(listener.port, '/readyz?exclude=keys')).status, 200)
    const head = await ask(listener.port, '/readyz?verbose', { method: 'HEAD' })
    assert.deepEqual([head.status, head.body], [503, ''])
  })

  it('measures when keys and CAs end, those of now only, and counts failed reloads', async () => {
    let keys = new Map([
      ['k1', 1_800_000_000],
      ['k2', 1_900_000_000],
    ])
    metrics.observeKeys(() => ({ keys, authorities: new Map([['ab', 2_000_000_000]]) }))
    metrics.keyReloadFailed()
    const read = async () => (await ask(listener.port, '/metrics')).body
    const first = await read()
    assert.match(first, /^rauth_key_expiry_timestamp_seconds\{kid="k1"\} 1800000000$/m)
    assert.match(first, /^rauth_key_expiry_timestamp_seconds\{kid="k2"\} 1900000000$/m)
    assert.match(first, /^rauth_ca_expiry_timestamp_seconds\{fingerprint="ab"\} 2000000000$/m)
    assert.match(first, /^rauth_keys_reload_failures_total 1$/m)
    keys = new Map([['k2', 1_900_000_000]])
    assert.doesNotMatch(await read(), /kid="k1"/)
  })

  it('gives metrics in the text format', async () => {
    const { status, headers, body } = await ask(listener.port, '/metrics')
    assert.equal(status, 200)
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(body, /^# HELP rauth_decisions_total /m)
    assert.match(body, /^process_resident_memory_bytes \d+$/m)
  })

  it('tells of a decision whoever knows its id, and lists none', async () => {
    const id = '3e0b7a55-3f4c-4a0a-9d6e-5b1f0a3c2d11'
    const event = { id, half: 'gateway', outcome: 'refused', status: 403, duration: 1 } as const
    decisions.record({ ...event, why: () => ({ granted: [] }) })
    const { status, body } = await ask(listener.port, `/decisions/${id}`)
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), {
      ...{ time: '2026-11-25T12:00:00.000Z', ...event, explanation: { granted: [] } },
    })
    for (const path of ['/decisions', '/decisions/', '/decisions/other', `/decisions/${id}/x`]) {
      const answer = await ask(listener.port, path)
      assert.equal(answer.status, 404, path)
      assert.doesNotMatch(answer.body, /gateway/)
    }
  })

  it('answers all else in JSON', async () => {
    for (const [path, method, status] of [
      ['/', 'GET', 404],
      ['/livez/', 'GET', 404],
      ['http://', 'GET', 404],
      ['/livez', 'POST', 405],
    ] as const) {
      const answer = await ask(listener.port, path, { method })
      assert.equal(answer.status, status, `${method} ${path}`)
      assert.ok(JSON.parse(answer.body))
    }
  })
})
