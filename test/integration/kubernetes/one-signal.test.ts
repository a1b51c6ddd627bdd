import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { it } from 'node:test'
import { createApi } from '../../../src/adapters/kubernetes/api.ts'

it('takes one signal for any number of requests without a warning of Node', async () => {
  const silent = net.createServer((socket) => socket.on('error', () => undefined)).listen(0)
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const warnings: string[] = []
  const warned = ({ name }: Error) => warnings.push(name)
  process.on('warning', warned)
  try {
    const options = { hostname: '127.0.0.1', port, headers: {} }
    const connection = {
      way: () => Promise.resolve({ options, prefix: '' }),
      forget: () => undefined,
      close: () => undefined,
    }
    const api = createApi({ connection, userAgent: 'rauth/test', onAnswer: () => undefined })
    const stop = new AbortController()
    const asked = Array.from({ length: 30 }, () =>
      api.send('GET', '/version', { signal: stop.signal, patience: 60_000 }),
    )
    const ended = Promise.allSettled(asked)
    await once(silent, 'connection')
    stop.abort()
    for (const { status } of await ended) assert.equal(status, 'rejected')
    // A warning is told in the next turn.
    await new Promise(setImmediate)
    assert.deepEqual(warnings, [])
  } finally {
    process.off('warning', warned)
    silent.close()
  }
})
