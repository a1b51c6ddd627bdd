import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { afterEach, describe, it } from 'node:test'
import { openGrpcPort } from '../../../src/adapters/ext-authz/grpc/port.ts'
import type { Methods } from '../../../src/adapters/ext-authz/grpc/method.ts'
import type { Listener } from '../../../src/adapters/listen.ts'
import { message } from '../../support/http2-frames.ts'

const ECHO = '/test.Service/Echo'
const METHODS: Methods = new Map([
  [ECHO, { kind: 'unary', answer: (bytes: Buffer) => Promise.resolve(bytes) }],
])

describe('openGrpcPort', () => {
  const closers: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  async function open(): Promise<Listener> {
    const listener = await openGrpcPort({ methods: METHODS }, { host: '127.0.0.1', port: 0 })
    closers.push(() => listener.close(0))
    return listener
  }

  function session(port: number): ClientHttp2Session {
    const made = connect(`http://127.0.0.1:${port}`)
    made.on('error', () => undefined)
    closers.push(() => {
      made.destroy()
    })
    return made
  }

  interface Answer {
    readonly head: IncomingHttpHeaders
    readonly trailers: IncomingHttpHeaders
    readonly body: Buffer
  }

  async function call(
    over: ClientHttp2Session,
    head: Record<string, string> = {},
    sent: readonly Buffer[] = [message(Buffer.from('hello'))],
  ): Promise<Answer> {
    const stream = over.request({
      ...{ ':method': 'POST', ':path': ECHO, 'content-type': 'application/grpc', te: 'trailers' },
      ...head,
    })
    stream.on('error', () => undefined)
    const got: { head: IncomingHttpHeaders; trailers: IncomingHttpHeaders } = {
      head: {},
      trailers: {},
    }
    const parts: Buffer[] = []
    stream.on('response', (headers) => (got.head = headers))
    stream.on('trailers', (headers: IncomingHttpHeaders) => (got.trailers = headers))
    stream.on('data', (chunk: Buffer) => parts.push(chunk))
    for (const bytes of sent) stream.write(bytes)
    stream.end()
    await once(stream, 'close')
    return { ...got, body: Buffer.concat(parts) }
  }

  it('answers a call as gRPC says: a message, and OK in the trailers', async () => {
    const { port } = await open()
    const over = session(port)
    for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;x=y']) {
      const { head, trailers, body } = await call(over, { 'content-type': type })
      assert.equal(head[':status'], 200)
      assert.equal(head['content-type'], 'application/grpc')
      assert.deepEqual(body, message(Buffer.from('hello')))
      assert.equal(trailers['grpc-status'], '0')
    }
  })

  const HELLO = message(Buffer.from('hello'))
  const REFUSALS: readonly (readonly [
    string,
    Record<string, string>,
    readonly Buffer[],
    object,
  ])[] = [
    ['another path', { ':path': '/test.Service/No' }, [HELLO], { 'grpc-status': '12' }],
    ['an encoding', { 'grpc-encoding': 'gzip' }, [HELLO], { 'grpc-status': '12' }],
    ['no message', {}, [], { 'grpc-status': '13' }],
    ['half a message', {}, [HELLO.subarray(0, 7)], { 'grpc-status': '13' }],
    ['two messages', {}, [HELLO, HELLO], { 'grpc-status': '13' }],
    ['a message too long', {}, [message(Buffer.alloc(300_000))], { 'grpc-status': '8' }],
    ['another method', { ':method': 'GET' }, [], { ':status': 405 }],
    ['another type', { 'content-type': 'application/grpcx' }, [HELLO], { ':status': 415 }],
    ['grpc-web', { 'content-type': 'application/grpc-web' }, [HELLO], { ':status': 415 }],
  ]
  for (const [what, head, sent, expected] of REFUSALS) {
    it(`says what is wrong with ${what}, and goes on`, async () => {
      const { port } = await open()
      const over = session(port)
      const got = await call(over, head, sent)
      assert.deepEqual({ ...got.head, ...expected }, { ...got.head })
      assert.equal(got.body.length, 0)
      assert.equal((await call(over)).trailers['grpc-status'], '0')
    })
  }
})
