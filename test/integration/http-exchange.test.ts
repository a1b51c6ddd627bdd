import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, it } from 'node:test'
import {
  BODY_BROKEN,
  createExchangeServer,
  LINGER,
  sendAnswer,
  type HttpAnswer,
  type HttpExchange,
} from '../../src/adapters/http-exchange.ts'
import { listenHttp, type Listener } from '../../src/adapters/listen.ts'
import type { Reason } from '../../src/refusal.ts'
import { watchStalls } from '../support/promised.ts'
import { until } from '../support/until.ts'
import { assertHungUpOn, exchange, head } from '../support/wire.ts'

const answerOf = (body: string, status = 200): HttpAnswer => ({ status, headers: {}, body })

describe('createExchangeServer', () => {
  const listeners: Listener[] = []
  afterEach(async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close(0)))
  })

  /** Answers a request with its path after a moment, and tells what it was asked to refuse. */
  async function start(changed: Partial<HttpExchange> = {}) {
    const refusals: Reason[] = []
    const details: (string | undefined)[] = []
    const server = createExchangeServer(
      { headersTimeout: 300, requestTimeout: 600 },
      {
        async serve(request, response) {
          await sleep(100)
          sendAnswer({ request, response }, answerOf(request.url ?? ''), false)
        },
        connect: () => Promise.resolve(answerOf('no tunnel', 405)),
        async refuse({ reason, detail }) {
          refusals.push(reason)
          details.push(detail)
          await sleep(100)
          return answerOf(reason, 400)
        },
        onFailure: () => undefined,
        ...changed,
      },
    )
    const listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
    listeners.push(listener)
    return { server, refusals, details, port: listener.port }
  }

  it('cuts a connection with more requests on it than anybody has a use for', async () => {
    const served: string[] = []
    let go = (): void => undefined
    const held = new Promise<void>((resolve) => (go = resolve))
    const { port, server } = await start({
      async serve(request, response) {
        served.push(request.url ?? '')
        await held
        sendAnswer({ request, response }, answerOf(''), false)
      },
    })
    let parsed = 0
    server.on('request', () => (parsed += 1))
    const flood = Array.from({ length: 2_000 }, (_, i) => head(`GET /${i} HTTP/1.1`)).join('')
    const { statuses } = await exchange(port, [flood])
    assert.deepEqual([statuses, served.length], [[], 16])
    assert.ok(parsed <= 17, `${String(parsed)} requests were made of what was read at once`)

    const few = exchange(port, Array.from({ length: 16 }, (_, i) => head(`GET /${i} HTTP/1.1`, ...(i === 15 ? ['Connection: close'] : [])))) // prettier-ignore
    await until('each is served', 20_000, () => served.length === 32)
    go()
    assert.equal((await few).statuses.length, 16)
    const long = Array.from({ length: 40 }, (_, i) => head(`GET /${i} HTTP/1.1`, ...(i === 39 ? ['Connection: close'] : []))) // prettier-ignore
    assert.equal((await exchange(port, long)).statuses.length, 40, 'one after the other')
  })

  it('answers once, however much comes that is no request', async () => {
    const { port, refusals } = await start()
    const { statuses, body, broken } = await exchange(port, Array<string>(12).fill('garbage\r\n'))
    assert.deepEqual([statuses, body, broken], [[400], 'request_malformed', false])
    assert.deepEqual(refusals, ['request_malformed'])
  })

  for (const [what, bytes] of [
    ['garbage', '\0garbage\r\n'],
    ['a CONNECT', head('CONNECT a:1 HTTP/1.1')],
  ] as const) {
    it(`does not cut into the answer under way for ${what}`, async () => {
      const { port, refusals } = await start()
      const { statuses, body, broken } = await exchange(port, head('GET /first HTTP/1.1') + bytes)
      assert.deepEqual([statuses, body, broken], [[200], '/first', false])
      assert.deepEqual(refusals, [])
    })

    it(`answers ${what} after an answer`, async () => {
      const { port } = await start()
      const pieces = [head('GET /first HTTP/1.1'), '', '', '', bytes]
      assert.equal((await exchange(port, pieces)).statuses.length, 2)
    })

    it(`hangs up on a client that never hangs up, after ${what}`, async () => {
      const { server } = await start()
      await assertHungUpOn(server, bytes)
    })
  }

  it('says of a client that speaks TLS what is the matter', async () => {
    const { port, refusals, details } = await start()
    const client = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
    await once(client, 'error')
    await until('it is refused', 20_000, () => refusals.length > 0)
    assert.deepEqual(refusals, ['request_malformed'])
    assert.match(details[0] ?? '', /^what came is TLS and this port is plain/)
  })

  it('ends a silent connection without an answer, and refuses nothing', async () => {
    const { port, refusals } = await start()
    assert.equal((await exchange(port, '')).text, '')
    assert.deepEqual(refusals, [])
  })

  it('refuses a request that does not come to its end', async () => {
    const { port, refusals } = await start()
    assert.equal((await exchange(port, 'GET / HTTP/1.1\r\n')).body, 'request_timeout')
    assert.deepEqual(refusals, ['request_timeout'])
  })

  for (const [what, reason, header, bytes] of [
    ['is garbage', 'request_malformed', 'Transfer-Encoding: chunked', 'no chunk\r\n'],
    ['never comes', 'request_timeout', 'Content-Length: 9', 'a'],
  ] as const) {
    it(`leaves the last answer to who reads a body that ${what}`, async () => {
      const { port, refusals } = await start({
        serve(request, response) {
          request.once(BODY_BROKEN, (told: Reason) => {
            sendAnswer({ request, response }, answerOf(`told of ${told}`, 400), true)
          })
        },
      })
      const { statuses, body } = await exchange(port, head('POST / HTTP/1.1', header) + bytes)
      assert.deepEqual([statuses, body, refusals], [[400], `told of ${reason}`, []])
    })
  }

  it('cuts a connection whose answer fails, and tells of it', async () => {
    const boom = new Error('boom')
    const failures: unknown[] = []
    const fail = () => Promise.reject(boom)
    const onFailure = (thrown: unknown) => void failures.push(thrown)
    const { port } = await start({ serve: fail, connect: fail, refuse: fail, onFailure })
    for (const bytes of [head('GET / HTTP/1.1'), head('CONNECT a:1 HTTP/1.1'), 'garbage\r\n']) {
      assert.equal((await exchange(port, bytes)).text, '')
    }
    assert.deepEqual(failures, [boom, boom, boom])
  })

  it('cuts a connection whose answer is written to after its end, and tells of it', async () => {
    const failures: unknown[] = []
    const { port } = await start({
      serve(_, response) {
        response.writeHead(200, { 'Content-Length': '1' }).end('a')
        response.write('b')
      },
      onFailure: (thrown) => void failures.push(thrown),
    })
    await exchange(port, head('GET / HTTP/1.1'))
    assert.match(String(failures), /write after end$/)
  })

  it('writes no header that would become two', async () => {
    const split = { status: 405, headers: { 'x-a': 'a\r\nx-b: b' }, body: '' }
    const { port } = await start({ connect: () => Promise.resolve(split) })
    assert.equal((await exchange(port, head('CONNECT a:1 HTTP/1.1'))).text, '')
  })

  for (const method of ['GET', 'HEAD']) {
    it(`gives the last answer to a ${method} at once, and the connection a moment`, async () => {
      const { port } = await start({
        serve(request, response) {
          sendAnswer({ request, response }, answerOf('here'), true)
        },
      })
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
      const stalls = watchStalls()
      const started = performance.now()
      const since = () => performance.now() - started
      const times = new Promise<{ first: number; end: number }>((resolve) => {
        let first = Infinity
        socket.on('data', () => (first = Math.min(first, since())))
        socket.on('end', () => {
          resolve({ first, end: since() })
        })
      })
      socket.write(head(`${method} / HTTP/1.1`, 'Content-Length: 9'))
      const { first, end } = await times
      stalls.stop()
      const soon = LINGER / 2 + stalls.total()
      assert.ok(first < soon && end >= LINGER - 50, `${first} and ${end} ms`)
      socket.destroy()
    })
  }
})
