import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { ask } from '../../../src/adapters/probe/ask.ts'
import { RauthError } from '../../../src/errors.ts'

const errors = (detail: object) =>
  JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'too many', detail }] })

describe('a 429, as commands take it', () => {
  const bodies = new Map([
    ['/envoy', 'local_rate_limited'],
    ['/page', '<html>429 Too Many Requests</html>'],
    ['/nothing', ''],
    ['/words', errors({ requestId: '1' })],
    ['/rauth', errors({ decision: '1' })],
  ])
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(429).end(bodies.get(url))
  })
  const at = (path: string) =>
    `http://127.0.0.1:${String((server.address() as AddressInfo).port)}${path}`
  before(async () => {
    await new Promise<void>((resolve) => {
      server.listen({ host: '127.0.0.1', port: 0 }, resolve)
    })
  })
  after(() => {
    server.close()
  })

  for (const path of ['/envoy', '/page', '/nothing', '/words']) {
    it(`is of something in front, where it is not rauth’s: ${path}`, async () => {
      await assert.rejects(ask(`${at(path)}?service=x`), (error) => {
        assert.ok(error instanceof RauthError)
        assert.equal(error.code, 'ERR_UNREACHABLE')
        const why = 'answers 429, and not as rauth does: something in front of it limits requests'
        assert.equal(error.message, `${at(path)} ${why}; next: wait, or raise that limit`)
        return true
      })
    })
  }

  it('is rauth’s own, where it names its decision', async () => {
    const { status, body } = await ask(at('/rauth'))
    assert.deepEqual([status, body], [429, errors({ decision: '1' })])
  })
})
