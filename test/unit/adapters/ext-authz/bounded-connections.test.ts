import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import {
  boundConnections,
  type BoundedConnections,
} from '../../../../src/adapters/ext-authz/bounded-connections.ts'

const KIB = 1024

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
  bytesRead = 0
  destroyed = false
  readonly remotePort: number | undefined
  constructor(remotePort: number | undefined, remoteAddress = '192.0.2.1') {
    super()
    this.remotePort = remotePort
    this.remoteAddress = remoteAddress
  }
  destroy(): this {
    this.destroyed = true
    return this
  }
}

describe('boundConnections', () => {
  let now = 0
  let bounded: BoundedConnections
  const bounds = { connections: 3, memory: 256 * KIB, call: 1000, age: 60_000 }
  beforeEach(() => {
    now = 0
    bounded = boundConnections(bounds, () => now)
  })
  afterEach(() => {
    bounded.close()
  })

  let port = 1
  function open(address?: string): FakeSocket {
    const socket = new FakeSocket(port++, address)
    assert.equal(bounded.open(socket), true)
    return socket
  }

  type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]
  const listener = {
    onReceiveMetadata: () => undefined,
    onReceiveMessage: () => undefined,
    onReceiveHalfClose: () => undefined,
    onCancel: () => undefined,
  }

  /** A call up to the end of its headers; what comes after it is told to what is given back. */
  function begin(socket: FakeSocket, responseStream = false) {
    const told: Listener[] = []
    const stream = new EventEmitter()
    const call = {
      stream,
      getConnectionInfo: () => socket,
      start(following: Listener) {
        told.push(following)
        following.onReceiveMetadata(new Metadata())
      },
    }
    const method = { path: '/x', requestStream: false, responseStream }
    bounded
      .interceptor(
        method as Parameters<ServerInterceptor>[0],
        call as unknown as ServerInterceptingCallInterface,
      )
      .start(listener)
    return {
      message: (bytes: number) => told[0]?.onReceiveMessage(Buffer.alloc(bytes)),
      received: () => told[0]?.onReceiveHalfClose(),
      answered: () => told[0]?.onCancel(),
      over: () => stream.emit('close'),
    }
  }

  const cut = (sockets: readonly FakeSocket[]) => sockets.map(({ destroyed }) => destroyed)

  it('gives the place of one that never asked to the next, and no place of those that do', () => {
    const [asks, silent, other] = [open(), open(), open()]
    begin(asks).over()
    open()
    assert.deepEqual(cut([asks, silent, other]), [false, true, false])
    open()
    assert.deepEqual(cut([asks, silent, other]), [false, true, true])
  })

  it('ends the one that asked longest ago where all do', () => {
    const sockets = [open(), open(), open()]
    for (const socket of sockets) begin(socket).over()
    begin(sockets[0] ?? assert.fail()).over()
    open()
    assert.deepEqual(cut(sockets), [false, true, false])
  })

  it('counts those that are open, not those that were', () => {
    const sockets = [open(), open(), open()]
    sockets[1]?.emit('close')
    open()
    assert.deepEqual(cut(sockets), [false, false, false])
  })

  it('has no place for a connection that is gone already', () => {
    assert.equal(bounded.open(new FakeSocket(undefined)), false)
  })

  it('cuts a connection with a call that takes too long, whether it asks or waits', () => {
    const sockets = [open(), open(), open()] as const
    const [asking, waiting, watching] = sockets
    begin(asking)
    begin(waiting).received()
    begin(watching).over()
    begin(watching, true).received()
    now = 1000
    bounded.sweep()
    assert.deepEqual(cut(sockets), [false, false, false])
    now = 1001
    bounded.sweep()
    assert.deepEqual(cut(sockets), [true, true, false])
  })

  it('cuts the one whose calls hold most, until the rest is not too much', () => {
    const [light, heavy, middle] = [open(), open(), open()]
    for (const [socket, bytes] of [
      [light, 10 * KIB],
      [heavy, 200 * KIB],
      [middle, 60 * KIB],
    ] as const) {
      socket.bytesRead = 1_000 * KIB
      begin(socket)
      socket.bytesRead += bytes
    }
    bounded.sweep()
    assert.deepEqual(cut([light, heavy, middle]), [false, true, false])
    bounded.sweep()
    assert.deepEqual(cut([light, heavy, middle]), [false, true, false])
  })

  it('counts what a stream costs by itself, also one of a watch', () => {
    const sockets = [open(), open()]
    for (let i = 0; i < 9; i += 1) begin(sockets[1] ?? assert.fail(), true).received()
    for (let i = 0; i < 8; i += 1) begin(sockets[0] ?? assert.fail()).received()
    bounded.sweep()
    assert.deepEqual(cut(sockets), [false, true])
  })

  it('counts what came whole until the stream is over, also when it is answered', () => {
    const socket = open()
    const call = begin(socket)
    call.message(250 * KIB)
    call.received()
    call.answered()
    bounded.sweep()
    assert.equal(socket.destroyed, true)
  })

  it('cuts a connection with a stream that is open for too long after its answer', () => {
    const socket = open()
    const call = begin(socket)
    call.received()
    call.answered()
    now = 1001
    bounded.sweep()
    assert.equal(socket.destroyed, true)
  })

  it('makes room where most connections are from', () => {
    const [one, two, alone] = [open('192.0.2.2'), open('192.0.2.2'), open('192.0.2.3')]
    for (const socket of [one, two]) begin(socket).over()
    open('192.0.2.2')
    assert.deepEqual(cut([one, two, alone]), [true, false, false])
  })

  it('cuts at the address whose calls hold most, though one elsewhere holds more by itself', () => {
    const [one, two, other] = [open('192.0.2.2'), open('192.0.2.2'), open('192.0.2.3')]
    for (const [socket, bytes] of [
      [one, 60 * KIB],
      [two, 70 * KIB],
      [other, 100 * KIB],
    ] as const) {
      begin(socket).message(bytes)
    }
    bounded.sweep()
    assert.deepEqual(cut([one, two, other]), [false, true, false])
  })

  it('does not hold against a connection what came with calls that are over', () => {
    const socket = open()
    const call = begin(socket)
    socket.bytesRead += 1_000 * KIB
    call.received()
    bounded.sweep()
    call.over()
    begin(socket)
    bounded.sweep()
    assert.equal(socket.destroyed, false)
  })

  it('lets none last longer than the longest', (context) => {
    bounded.close()
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    bounded = boundConnections(bounds, () => now)
    const socket = open()
    begin(socket, true).received()
    context.mock.timers.tick(59_999)
    assert.equal(socket.destroyed, false)
    context.mock.timers.tick(1)
    assert.equal(socket.destroyed, true)
  })
})
