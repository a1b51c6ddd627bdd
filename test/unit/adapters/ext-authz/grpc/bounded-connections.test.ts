import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  boundConnections,
  type BoundedConnections,
} from '../../../../../src/adapters/ext-authz/grpc/bounded-connections.ts'

const KIB = 1024

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
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

  /** A call, of whose message so many bytes came; what is given back ends its stream. */
  function begin(socket: FakeSocket, { isLong = false, held = 0 } = {}): () => void {
    const connection = bounded.of(socket) ?? assert.fail('it is not there')
    const call = connection.begin(isLong)
    call.held = held
    return () => {
      connection.end(call)
    }
  }

  const cut = (sockets: readonly FakeSocket[]) => sockets.map(({ destroyed }) => destroyed)

  it('gives the place of one that never asked to the next, and no place of those that do', () => {
    const [asks, silent, other] = [open(), open(), open()]
    begin(asks)()
    open()
    assert.deepEqual(cut([asks, silent, other]), [false, true, false])
    open()
    assert.deepEqual(cut([asks, silent, other]), [false, true, true])
  })

  it('ends the one that asked longest ago where all do', () => {
    const sockets = [open(), open(), open()]
    for (const socket of sockets) begin(socket)()
    begin(sockets[0] ?? assert.fail())()
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
    begin(waiting)
    begin(watching)()
    begin(watching, { isLong: true })
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
      begin(socket, { held: bytes })
    }
    bounded.sweep()
    assert.deepEqual(cut([light, heavy, middle]), [false, true, false])
    bounded.sweep()
    assert.deepEqual(cut([light, heavy, middle]), [false, true, false])
  })

  it('counts what a stream costs by itself, also one of a watch', () => {
    const sockets = [open(), open()]
    for (let i = 0; i < 9; i += 1) begin(sockets[1] ?? assert.fail(), { isLong: true })
    for (let i = 0; i < 8; i += 1) begin(sockets[0] ?? assert.fail())
    bounded.sweep()
    assert.deepEqual(cut(sockets), [false, true])
  })

  it('counts what a call holds until its stream is closed', () => {
    const socket = open()
    begin(socket, { held: 250 * KIB })
    bounded.sweep()
    assert.equal(socket.destroyed, true)
    const other = open()
    begin(other, { held: 250 * KIB })()
    begin(other)
    bounded.sweep()
    assert.equal(other.destroyed, false)
  })

  it('makes room where most connections are from', () => {
    const [one, two, alone] = [open('192.0.2.2'), open('192.0.2.2'), open('192.0.2.3')]
    for (const socket of [one, two]) begin(socket)()
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
      begin(socket, { held: bytes })
    }
    bounded.sweep()
    assert.deepEqual(cut([one, two, other]), [false, true, false])
  })

  it('lets none last longer than the longest', (context) => {
    bounded.close()
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    bounded = boundConnections(bounds, () => now)
    const socket = open()
    begin(socket, { isLong: true })
    context.mock.timers.tick(59_999)
    assert.equal(socket.destroyed, false)
    context.mock.timers.tick(1)
    assert.equal(socket.destroyed, true)
  })
})
