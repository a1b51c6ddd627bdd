import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { afterEach, describe, it } from 'node:test'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { createMetrics } from '../../../src/adapters/ops/metrics.ts'
import { createOperationsApp } from '../../../src/adapters/ops/server.ts'
import { ask } from '../../support/http.ts'

describe('operations server, of keys', () => {
  let listener: Listener | undefined
  afterEach(async () => {
    await listener?.close(0)
  })

  async function open(trouble?: string, ready = true) {
    const metrics = createMetrics()
    const app = createOperationsApp({
      metrics,
      parts: { keys: () => ready },
      troubles: { keys: () => trouble },
    })
    listener = await listenHttp(createServer(app), { host: '127.0.0.1', port: 0 })
    return { metrics, port: listener.port }
  }

  it('is ready, and silent of troubles when there is none', async () => {
    const { port } = await open()
    const { status, body } = await ask(port, '/readyz')
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), { status: 'ok', parts: { keys: true } })
  })

  it('tells of a trouble and stays ready: all replicas have the same one', async () => {
    const { port } = await open('keys/b.key is not a private key')
    const { status, body } = await ask(port, '/readyz')
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), {
      ...{ status: 'ok', parts: { keys: true } },
      troubles: { keys: 'keys/b.key is not a private key' },
    })
  })

  it('is not ready without a key', async () => {
    const { port } = await open('keys has no signing key any more', false)
    assert.equal((await ask(port, '/readyz')).status, 503)
  })

  it('measures when keys and CAs end, those of now only, and counts failed reloads', async () => {
    const { metrics, port } = await open()
    let keys = new Map([
      ['k1', 1_800_000_000],
      ['k2', 1_900_000_000],
    ])
    metrics.observeKeys(() => ({ keys, authorities: new Map([['ab', 2_000_000_000]]) }))
    metrics.keyReloadFailed()
    const read = async () => (await ask(port, '/metrics')).body
    const first = await read()
    assert.match(first, /^rauth_key_expiry_timestamp_seconds\{kid="k1"\} 1800000000$/m)
    assert.match(first, /^rauth_key_expiry_timestamp_seconds\{kid="k2"\} 1900000000$/m)
    assert.match(first, /^rauth_ca_expiry_timestamp_seconds\{fingerprint="ab"\} 2000000000$/m)
    assert.match(first, /^rauth_keys_reload_failures_total 1$/m)
    keys = new Map([['k2', 1_900_000_000]])
    assert.doesNotMatch(await read(), /kid="k1"/)
  })
})
