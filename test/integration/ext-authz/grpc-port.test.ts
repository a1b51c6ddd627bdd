import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { afterEach, describe, it } from 'node:test'
import type { ConnectionBounds } from '../../../src/adapters/ext-authz/grpc/bounded-connections.ts'
import { openGrpcPort } from '../../../src/adapters/ext-authz/grpc/port.ts'
import type { Method, Methods } from '../../../src/adapters/ext-authz/grpc/method.ts'
import type { Listener } from '../../../src/adapters/listen.ts'
import { answerOf, beginCall, grpcCall, grpcSession } from '../../support/grpc-calls.ts'
import { open as openConnection } from '../../stress/connections.ts'
import { callHeaders } from '../../support/hpack.ts'
import {
  dataFrames,
  END_HEADERS,
  frame,
  GREETING,
  HEADERS,
  message,
} from '../../support/http2-frames.ts'
import { until } from '../../support/until.ts'

/** Longer than a busy machine needs for anything here, ms: what takes this long never comes. */
const PATIENCE = 20_000

const ECHO = '/test.Service/Echo'
const METHODS: Methods = new Map([
  [ECHO, { kind: 'unary', answer: (bytes: Buffer) => Promise.resolve(bytes) }],
])
const HELLO = message(Buffer.from('hello'))

describe('openGrpcPort', { timeout: 2 * PATIENCE }, () => {
  const closers: (() => Promise<void> | void)[] = []
  const failures: unknown[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
    failures.length = 0
  })

  async function open(
    methods = METHODS,
    bounds: Partial<ConnectionBounds> = {},
  ): Promise<Listener> {
    const onFailure = (thrown: unknown) => void failures.push(thrown)
    const listener = await openGrpcPort(
      { methods, onFailure, bounds },
      { host: '127.0.0.1', port: 0 },
    )
    closers.push(() => listener.close(0))
    return listener
  }

  function session({ port }: Listener): ClientHttp2Session {
    const made = grpcSession(port)
    closers.push(() => {
      made.destroy()
    })
    return made
  }

  it('answers a call as gRPC says: a message, and OK in the trailers', async () => {
    const over = session(await open())
    for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;x=y']) {
      const { head, trailers, body } = await grpcCall(over, ECHO, { 'content-type': type })
      assert.equal(head[':status'], 200)
      assert.equal(head['content-type'], 'application/grpc')
      assert.deepEqual(body, HELLO)
      assert.equal(trailers['grpc-status'], '0')
    }
  })

  it('says what it takes: so many calls and so long a head, of no table', async () => {
    const over = session(await open())
    const [settings] = (await once(over, 'remoteSettings')) as [Record<string, unknown>]
    const { maxConcurrentStreams, maxHeaderListSize, headerTableSize } = settings
    assert.deepEqual(
      { maxConcurrentStreams, maxHeaderListSize, headerTableSize },
      { maxConcurrentStreams: 256, maxHeaderListSize: 8192, headerTableSize: 0 },
    )
  })

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
      const over = session(await open())
      const got = await grpcCall(over, ECHO, head, sent)
      assert.deepEqual({ ...got.head, ...expected }, { ...got.head })
      assert.equal(got.body.length, 0)
      assert.equal((await grpcCall(over, ECHO)).trailers['grpc-status'], '0')
    })
  }

  for (const [what, path, sent, code] of [
    ['at once', '/test.Service/No', HELLO, '12'],
    ['by its message', ECHO, message(Buffer.alloc(0), true), '12'],
  ] as const) {
    it(`ends a call that is refused ${what} while its client goes on sending`, async () => {
      const over = session(await open())
      const stream = beginCall(over, path)
      stream.write(sent)
      assert.equal((await answerOf(stream)).head['grpc-status'], code)
      // NO_ERROR: what was sent is for nobody, and nothing is wrong with it.
      assert.equal(stream.rstCode, 0)
    })
  }

  it('counts no call that is over', async () => {
    const over = session(await open(METHODS, { memory: 128 * 1024 }))
    for (let i = 0; i < 20; i += 1) {
      assert.equal((await grpcCall(over, ECHO)).trailers['grpc-status'], '0')
    }
  })

  it('takes it for no failure that its client has gone before the answer', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let [asked, isAnswered] = [false, false]
    const answer = async (bytes: Buffer) => {
      asked = true
      await released
      isAnswered = true
      return bytes
    }
    const over = session(
      await open(new Map([...METHODS, ['/test.Service/Slow', { kind: 'unary', answer }]])),
    )
    const stream = beginCall(over, '/test.Service/Slow')
    stream.end(HELLO)
    await until('the call', PATIENCE, () => asked)
    stream.close()
    // Sent after the reset, so that this is read by then.
    await grpcCall(over, ECHO)
    release()
    await until('the answer', PATIENCE, () => isAnswered)
    assert.equal((await grpcCall(over, ECHO)).trailers['grpc-status'], '0')
    assert.deepEqual(failures, [])
  })

  it('serves nothing more of what it has read of a connection that it cuts', async () => {
    let served = 0
    const answer = (bytes: Buffer) => {
      served += 1
      return Promise.resolve(bytes)
    }
    const methods = new Map<string, Method>([[ECHO, { kind: 'unary', answer }]])
    const { port } = await open(methods, { memory: 128 * 1024 })
    const calls = Array.from({ length: 200 }, (_, i) => [
      frame(HEADERS, END_HEADERS, 2 * i + 1, callHeaders(ECHO)),
      dataFrames(2 * i + 1, HELLO, true),
    ])
    const socket = openConnection(port, Buffer.concat([GREETING, ...calls.flat()]))
    closers.push(() => void socket.destroy())
    await once(socket, 'end')
    assert.ok(served <= 20, `${served} were served`)
  })

  it('lets a watch last', async () => {
    const begin: Extract<Method, { kind: 'watch' }>['begin'] = (bytes, watcher) => {
      const sending = setTimeout(() => {
        watcher.send(bytes)
        watcher.end()
      }, 1_000)
      return () => {
        clearTimeout(sending)
      }
    }
    const methods = new Map<string, Method>([['/test.Service/Watch', { kind: 'watch', begin }]])
    const over = session(await open(methods, { call: 500 }))
    const { body } = await grpcCall(over, '/test.Service/Watch')
    assert.deepEqual(body, HELLO)
  })

  it('cuts a watch whose message never comes, as any call', async () => {
    const begin = () => assert.fail('it has no message')
    const methods = new Map<string, Method>([['/test.Service/Watch', { kind: 'watch', begin }]])
    const over = session(await open(methods, { call: 200 }))
    const stream = beginCall(over, '/test.Service/Watch')
    stream.write(HELLO.subarray(0, 7))
    await answerOf(stream)
    assert.equal(over.destroyed, true)
  })

  const boom = new Error('boom')
  const rejects: Method = { kind: 'unary', answer: () => Promise.reject(boom) }
  const throws = () => {
    throw boom
  }
  for (const [what, method] of [
    ['rejects', rejects],
    ['throws', { kind: 'unary', answer: throws }],
    ['throws at the beginning of a watch', { kind: 'watch', begin: throws }],
  ] as readonly (readonly [string, Method])[]) {
    it(`answers UNAVAILABLE for a method that ${what}, tells of it, and goes on`, async () => {
      const over = session(await open(new Map([...METHODS, ['/test.Service/Bad', method]])))
      const { head } = await grpcCall(over, '/test.Service/Bad')
      assert.equal(head['grpc-status'], '14')
      assert.doesNotMatch(String(head['grpc-message']), /boom/)
      assert.deepEqual(failures, [boom])
      assert.equal((await grpcCall(over, ECHO)).trailers['grpc-status'], '0')
    })
  }

  it('resets a watch that fails when it has answered already', async () => {
    const begin: Extract<Method, { kind: 'watch' }>['begin'] = (bytes, watcher) => {
      watcher.send(bytes)
      throw boom
    }
    const over = session(await open(new Map([['/test.Service/Bad', { kind: 'watch', begin }]])))
    const stream = beginCall(over, '/test.Service/Bad')
    stream.end(HELLO)
    const { trailers } = await answerOf(stream)
    assert.equal(trailers['grpc-status'], undefined)
    assert.notEqual(stream.rstCode, 0)
    assert.deepEqual(failures, [boom])
  })

  it('ends a watch that had nothing to say', async () => {
    const begin: Extract<Method, { kind: 'watch' }>['begin'] = (_bytes, watcher) => {
      watcher.end()
      return () => undefined
    }
    const over = session(await open(new Map([['/test.Service/Empty', { kind: 'watch', begin }]])))
    const { trailers, body } = await grpcCall(over, '/test.Service/Empty')
    assert.deepEqual([trailers['grpc-status'], body.length], ['0', 0])
  })
})
