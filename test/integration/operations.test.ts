import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { listenHttp, type Listener } from '../../src/adapters/listen.ts'
import { createMetrics } from '../../src/adapters/ops/metrics.ts'
import { createOperationsServer } from '../../src/adapters/ops/server.ts'
import { ask } from '../support/http.ts'

describe('the operations port', () => {
  let ready = false
  let listener: Listener
  before(async () => {
    const parts = { credentials: () => ready, running: () => true }
    const server = createOperationsServer({ metrics: createMetrics(), parts })
    listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  })
  after(() => listener.close(0))

  it('is alive whatever is missing', async () => {
    const { status, body } = await ask(listener.port, '/livez')
    assert.deepEqual([status, JSON.parse(body)], [200, { status: 'ok' }])
  })

  it('is ready when every part is, and names the one that is not', async () => {
    const waiting = await ask(listener.port, '/readyz')
    assert.equal(waiting.status, 503)
    assert.deepEqual(JSON.parse(waiting.body), {
      status: 'not ready',
      parts: { credentials: false, running: true },
    })
    ready = true
    assert.equal((await ask(listener.port, '/readyz?verbose')).status, 200)
  })

  it('gives metrics in the text format', async () => {
    const { status, headers, body } = await ask(listener.port, '/metrics')
    assert.equal(status, 200)
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(body, /^# HELP rauth_decisions_total /m)
    assert.match(body, /^process_resident_memory_bytes \d+$/m)
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
