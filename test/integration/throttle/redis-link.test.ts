import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { openRedis } from '../../../src/adapters/throttle/redis-link.ts'
import { Redacted } from '../../../src/redacted.ts'
import { until } from '../../support/until.ts'

const PASSWORD = 'canary@redis'

describe('a link to Redis', () => {
  it('does not log its password, which a server that knows no HELLO sends back', async () => {
    const heard: string[] = []
    // As Redis 5 answers.
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        const [command, ...others] = [...bytes.toString().matchAll(/\$\d+\r\n(.*)\r\n/g)]
        const args = others.map(([, text]) => `\`${String(text)}\`, `).join('')
        heard.push(args)
        socket.write(`-ERR unknown command \`${String(command?.[1])}\`, with args beginning with: ${args}\r\n`) // prettier-ignore
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo

    const warned: string[] = []
    const link = openRedis(
      new Redacted(`redis://rauth:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`),
      {
        info: () => undefined,
        error: () => undefined,
        warn(fields, message) {
          warned.push(JSON.stringify({ ...fields, message }))
        },
      },
    )
    try {
      await until('it is told', 20_000, () => warned.length > 0)
      const [line = ''] = warned
      assert.ok(heard.join().includes(PASSWORD), 'the server heard it')
      assert.ok(!line.includes(PASSWORD), line)
      assert.match(line, /unknown command.*\[redacted\].*does not answer/)
    } finally {
      link.close()
      server.close()
    }
  })
})
