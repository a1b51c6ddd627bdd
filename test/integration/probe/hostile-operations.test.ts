import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { askRunning } from '../../../src/adapters/probe/running.ts'

/** Asks whoever answers so at an operations port. */
async function asked(readyz: string, metrics = '') {
  const server = createServer(({ url }, response) => {
    response.end(url === '/metrics' ? metrics : readyz)
  })
  server.listen(0, '127.0.0.1')
  try {
    await once(server, 'listening', { signal: AbortSignal.timeout(20_000) })
    return await askRunning(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const READY = '{"parts":{"policy":true}}'

describe('what answers at an operations port', () => {
  it('is a rauth with its troubles and the versions of its policy', async () => {
    const info = (labels: string) => `rauth_policy_info{${labels}} 1`
    const metrics = [
      '# HELP x',
      info('version="abc"'),
      info('worker="1",version="def"'),
      'rauth_credentials_secrets{state="unusable"} 2',
      '',
    ].join('\n')
    const running = await asked('{"parts":{"a":false},"troubles":{"a":"why"}}', metrics)
    assert.deepEqual(running, {
      notReady: ['a'],
      troubles: new Map([['a', 'why']]),
      policies: ['abc', 'def'],
      unusableSecrets: 2,
    })
  })

  const NONE = [
    ...['', 'null', '[]', '5', '{}', '{"parts":[]}'],
    '{"parts":{},"troubles":{"a":{"toString":1}}}',
    `{"parts":{},"troubles":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
  ]
  for (const body of NONE) {
    it(`is none with ${body.slice(0, 50)}`, async () => {
      assert.equal(await asked(body), undefined)
    })
  }

  it('keeps nobody busy with one line of half a megabyte', async () => {
    const line = `rauth_policy_info{${'version="a" '.repeat(60_000)}\n`
    const began = performance.now()
    assert.deepEqual((await asked(READY, line))?.policies, [])
    // Looked at again from each version, it takes minutes.
    assert.ok(performance.now() - began < 20_000)
  })
})
