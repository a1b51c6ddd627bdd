import assert from 'node:assert/strict'
import { Agent, createServer, request, type Server } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { listenHttp } from '../../src/adapters/listen.ts'
import { RauthError } from '../../src/errors.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { ask } from '../support/http.ts'
import { head, holdOpen } from '../support/wire.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }

/** A server whose answers wait for `release`. */
function heldServer() {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const server = createServer((_request, response) => {
    void released.then(() => response.end('done'))
  })
  return { server, release }
}

async function timed(work: Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work
  return performance.now() - started
}

const answering = () => createServer((_request, response) => response.end('here'))

describe('listenHttp', () => {
  it('opens a port that the system picks, and says which', async () => {
    const listener = await listenHttp(answering(), LOOPBACK)
    assert.ok(listener.port > 0)
    assert.equal((await ask(listener.port, '/')).body, 'here')
    await listener.close(1_000)
  })

  it('opens the port that is asked for', async () => {
    const port = await freePort()
    const listener = await listenHttp(answering(), { host: '127.0.0.1', port })
    assert.equal(listener.port, port)
    assert.equal((await ask(port, '/')).body, 'here')
    await listener.close(1_000)
  })

  const failure = (server: Server, address: { host: string; port: number }) =>
    listenHttp(server, address).then(
      () => assert.fail('it listens'),
      (thrown: unknown) => thrown as RauthError,
    )

  it('names the address of a port that is taken, and what to do', async () => {
    const listener = await listenHttp(answering(), LOOPBACK)
    const error = await failure(answering(), { host: '127.0.0.1', port: listener.port })
    assert.ok(error instanceof RauthError)
    assert.equal(error.code, 'ERR_LISTEN')
    assert.match(
      error.message,
      new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${listener.port}: .*EADDRINUSE`),
    )
    assert.match(error.message, /free that port or set another one under "listen"$/)
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'EADDRINUSE')
    await listener.close(1_000)
  })

  it('names an address that is not of this machine', async () => {
    const error = await failure(answering(), { host: '192.0.2.1', port: 0 })
    assert.equal(error.code, 'ERR_LISTEN')
    assert.match(
      error.message,
      /^cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL.*an address of this machine/,
    )
  })
})

describe('a listener that can not be opened', () => {
  it('gives no advice where none helps', async () => {
    const cause = Object.assign(new Error('listen EMFILE: too many open files'), { code: 'EMFILE' })
    const server = answering()
    server.listen = () => {
      queueMicrotask(() => server.emit('error', cause))
      return server
    }
    await assert.rejects(listenHttp(server, LOOPBACK), {
      message: 'cannot listen on 127.0.0.1:0: listen EMFILE: too many open files',
    })
  })
})

describe('a listener that is closed', () => {
  it('takes no new connection', async () => {
    const listener = await listenHttp(answering(), LOOPBACK)
    await listener.close(1_000)
    await assert.rejects(ask(listener.port, '/'), { code: 'ECONNREFUSED' })
  })

  it('waits for the requests in flight', async () => {
    const { server, release } = heldServer()
    const listener = await listenHttp(server, LOOPBACK)
    const answer = ask(listener.port, '/')
    await once(server, 'request')
    const closed = listener.close(10_000)
    const state = await Promise.race([closed.then(() => 'closed'), sleep(100, 'open')])
    assert.equal(state, 'open')
    release()
    assert.equal((await answer).body, 'done')
    assert.ok((await timed(closed)) < 8_000)
  })

  it('cuts what is in flight when its time is over', async () => {
    const { server } = heldServer()
    const listener = await listenHttp(server, LOOPBACK)
    const answer = assert.rejects(ask(listener.port, '/'), { code: 'ECONNRESET' })
    await once(server, 'request')
    const took = await timed(listener.close(100))
    assert.ok(took >= 90 && took < 8_000, `${took} ms`)
    await answer
  })

  it('cuts a connection that the HTTP server has let go of, as after CONNECT', async () => {
    const server = answering()
    server.on('connect', (_request, socket) => socket.on('error', () => undefined).end('HTTP'))
    const listener = await listenHttp(server, LOOPBACK)
    const client = await holdOpen(listener.port, head('CONNECT a:1 HTTP/1.1'))
    const took = await timed(listener.close(100))
    assert.ok(took >= 90 && took < 8_000, `${took} ms`)
    client.destroy()
  })

  it('does not wait for a connection that never said a word', async () => {
    const listener = await listenHttp(answering(), LOOPBACK)
    const client = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })
    client.on('error', () => undefined)
    await once(client, 'connect')
    assert.ok((await timed(listener.close(10_000))) < 8_000)
    client.destroy()
  })

  it('does not wait for connections that are kept alive', async () => {
    const listener = await listenHttp(answering(), LOOPBACK)
    const agent = new Agent({ keepAlive: true })
    const [response] = (await once(request({ port: listener.port, agent }).end(), 'response')) as [
      NodeJS.ReadableStream,
    ]
    response.resume()
    await once(response, 'end')
    assert.ok((await timed(listener.close(10_000))) < 8_000)
    agent.destroy()
  })

  it('does not wait for a connection that was busy and is to be kept alive', async () => {
    const { server, release } = heldServer()
    const listener = await listenHttp(server, LOOPBACK)
    const agent = new Agent({ keepAlive: true })
    const outgoing = request({ port: listener.port, agent }).end()
    await once(server, 'request')
    const closed = listener.close(10_000)
    release()
    const [response] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream]
    response.resume()
    const took = await timed(closed)
    agent.destroy()
    assert.ok(took < 8_000, `${took} ms`)
  })
})
