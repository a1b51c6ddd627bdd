import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { after, afterEach, describe, it } from 'node:test'
import { listenHttp, type Listener } from '../../src/adapters/listen.ts'
import { limitConnections } from '../../src/adapters/most-connections.ts'
import { tlsAuthority } from '../support/tls-certificates.ts'
import { until } from '../support/until.ts'

const MOST = 3
const HELD = 'GET /held HTTP/1.1\r\nHost: x\r\n\r\n'
const ASKED = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const UNFINISHED = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na'

const { certificate, key } = await (await tlsAuthority('CA')).issue('localhost')

for (const tls of [false, true]) {
  describe(`no more connections than there may be, ${tls ? 'with' : 'without'} TLS`, () => {
    let listener: Listener
    let arrived = 0
    const held: ServerResponse[] = []
    const clients: Socket[] = []

    async function start(): Promise<void> {
      const server = tls ? createSecureServer({ cert: certificate, key }) : createServer()
      limitConnections(server, MOST)
      server.on('request', (request, response) => {
        arrived += 1
        if (request.url === '/held') held.push(response)
        else request.resume().on('end', () => response.end('here'))
      })
      listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
    }
    afterEach(async () => {
      for (const client of clients.splice(0)) client.destroy()
      held.length = 0
      await listener.close(0)
    })
    after(() => {
      assert.ok(arrived > 0)
    })

    /** A client that has said something, and what it was told. */
    async function say(text: string) {
      const { port } = listener
      const client = tls
        ? connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
        : connect(port, '127.0.0.1')
      clients.push(client)
      const told = { text: '', over: false }
      client.on('data', (chunk) => (told.text += String(chunk)))
      client.on('error', () => undefined).on('close', () => (told.over = true))
      const before = arrived
      await once(client, tls ? 'secureConnect' : 'connect').catch(() => undefined)
      client.write(text)
      await until('it was read', 20_000, () => told.over || arrived > before)
      return told
    }

    it('ends the one that has waited longest for its client', async () => {
      await start()
      const [busy, first, second] = [await say(HELD), await say(UNFINISHED), await say(UNFINISHED)]
      const other = await say(ASKED)
      await until('an answer', 20_000, () => other.text.endsWith('here'))
      assert.deepEqual([busy.over, first.over, second.over], [false, true, false])
      held[0]?.end('late')
      await until('an answer', 20_000, () => busy.text.endsWith('late'))
    })

    it('ends one that is idle after its answer, and the new one where all are being answered', async () => {
      await start()
      const idle = await say(ASKED)
      await until('an answer', 20_000, () => idle.text.endsWith('here'))
      await say(HELD)
      await say(HELD)
      const third = await say(HELD)
      await until('the idle one is gone', 20_000, () => idle.over)
      const fourth = await say(HELD)
      await until('it is refused', 20_000, () => fourth.over)
      assert.equal(third.over, false)
    })
  })
}
