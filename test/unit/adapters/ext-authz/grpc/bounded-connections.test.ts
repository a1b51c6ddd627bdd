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
  looked = 0
  #bytesRead = 0
  destroyed = false
  readonly remotePort: number | undefined
  constructor(remotePort: number | undefined, remoteAddress = '192.0.2.1') {
    super()
    this.remotePort = remotePort
    this.remoteAddress = remoteAddress
  }
  get bytesRead(): number {
    this.looked += 1
    return this.#bytesRead
  }
  set bytesRead(bytes: number) {
    this.#bytesRead = bytes
  }
  destroy(): this {
    this.destroyed = true
    return this
  }
}

describe('boundConnections', () => {
  let now = 0
  /** What is to come when all is read, if that is waited for. */
  let tasks: (() => void)[] | undefined
  const later = (task: () => void) => {
    if (tasks === undefined) task()
    else tasks.push(task)
  }
  let bounded: BoundedConnections
  const bounds = { connections: 3, ofAddress: 3, memory: 256 * KIB, call: 1000, age: 60_000 }
  beforeEach(() => {
    now = 0
    tasks = undefined
    bounded = boundConnections(bounds, () => now, later)
  })
  afterEach(() => {
    bounded.close()
  })

  let port = 1
  function open(address?: string): FakeSocket {
    const socket = new FakeSocket(port++, address)
    bounded.open(socket)
    return socket
  }

  /** A call, of whose message so many bytes came; what is given back ends its stream. */
  function begin(socket: FakeSocket, { isLong = false, held = 0 } = {}): () => void {
    const connection = bounded.of(socket) ?? assert.fail('it is not there')
    const call = connection.begin(0)
    if (isLong) call.lasts()
    call.hold(held)
    return () => {
      call.end()
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
    const gone = new FakeSocket(undefined)
    bounded.open(gone)
    assert.equal(bounded.of(gone), undefined)
    const sockets = [open(), open(), open()]
    assert.deepEqual(cut(sockets), [false, false, false])
  })

  it('forgets one that closes, and not the next one from its port', () => {
    const [first, next] = [new FakeSocket(4711), new FakeSocket(4711)]
    bounded.open(first)
    bounded.open(next)
    first.emit('close')
    begin(next)
    next.emit('close')
    assert.equal(bounded.of(next), undefined)
  })

  it('lets an address have so many, and makes room among its own', () => {
    bounded.close()
    bounded = boundConnections({ ...bounds, ofAddress: 2 }, () => now, later)
    const other = open('192.0.2.2')
    const [asks, silent] = [open(), open()]
    begin(asks)()
    open()
    assert.deepEqual(cut([asks, silent, other]), [false, true, false])
  })

  it('gives the place of one that never asked, though another address has more', () => {
    const [one, two, silent] = [open('192.0.2.2'), open('192.0.2.2'), open('192.0.2.3')]
    for (const socket of [one, two]) begin(socket)()
    open('192.0.2.4')
    assert.deepEqual(cut([one, two, silent]), [false, false, true])
  })

  it('takes a network of IPv6 for an address', () => {
    const [other, one, two] = [open('2001:db8:1::1'), open('2001:db8::1'), open('2001:db8::2')]
    for (const socket of [other, one, two]) begin(socket)()
    open('2001:db8:1::2')
    assert.deepEqual(cut([one, two, other]), [true, false, false])
  })

  it('forgets an address without connections', () => {
    for (let i = 0; i < 5; i += 1) open('192.0.2.2').emit('close')
    const sockets = [open(), open(), open()]
    open()
    assert.deepEqual(cut(sockets), [true, false, false])
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

  it('does not wait for its timer when that is too much', () => {
    const [light, heavy] = [open(), open()]
    begin(light, { held: 10 * KIB })
    const connection = bounded.of(heavy) ?? assert.fail()
    const call = connection.begin(0)
    for (let bytes = 0; bytes <= 248 * KIB; bytes += KIB) call.hold(bytes)
    assert.deepEqual(cut([light, heavy]), [false, true])
    // Of what is cut nothing is counted any more, whatever still comes.
    call.hold(500 * KIB)
    connection.begin(500 * KIB).end()
    call.end()
    begin(light, { held: 210 * KIB })
    assert.equal(light.destroyed, false)
    begin(light, { held: 20 * KIB })
    assert.equal(light.destroyed, true)
  })

  it('leaves a quarter free when it was too much', () => {
    bounded.close()
    bounded = boundConnections({ ...bounds, connections: 5 }, () => now, later)
    const sockets = [1, 2, 3, 4, 5].map((i) => open(`192.0.2.${i}`))
    for (const socket of sockets.slice(0, 4)) begin(socket, { held: 48 * KIB })
    assert.equal(cut(sockets).filter(Boolean).length, 0)
    // With 8 KiB of each stream 260 of 256 KiB; without one 204, and without two less than 192.
    begin(sockets[4] ?? assert.fail(), { held: 28 * KIB })
    assert.equal(cut(sockets).filter(Boolean).length, 2)
  })

  it('looks at all connections only when it is too much', () => {
    const [heavy, other] = [open(), open('192.0.2.2')]
    begin(heavy, { held: 250 * KIB })
    assert.equal(heavy.destroyed, true)
    heavy.emit('close')
    const idle = open('192.0.2.3')
    idle.looked = 0
    for (let i = 0; i < 5; i += 1) begin(other, { held: 10 * KIB })
    assert.equal(idle.looked, 0)
  })

  it('takes no notice of what still comes over one that was cut', () => {
    bounded.close()
    bounded = boundConnections({ ...bounds, ofAddress: 2 }, () => now, later)
    const [late, other] = [open(), open()]
    const connection = bounded.of(late) ?? assert.fail()
    begin(late)
    now = 1001
    bounded.sweep()
    assert.deepEqual(cut([late, other]), [true, false])
    connection.begin(0)
    begin(other)()
    open()
    assert.deepEqual(cut([late, other]), [true, false])
  })

  it('cuts those at that address, too, that never asked, and no others', () => {
    const [heavy, silent, other] = [open(), open(), open('192.0.2.2')]
    begin(heavy, { held: 250 * KIB })
    assert.deepEqual(cut([heavy, silent, other]), [true, true, false])
  })

  it('cuts all of an address while what was cut is not freed', () => {
    const [first, asked] = [open(), open()]
    begin(asked)()
    begin(first, { held: 250 * KIB })
    assert.deepEqual(cut([first, asked]), [true, false])
    const [second, good] = [open(), open('192.0.2.2')]
    begin(good)
    // Half of 256 KiB is the bound by then.
    begin(second, { held: 120 * KIB })
    assert.deepEqual(cut([second, asked, good]), [true, true, false])
    for (const socket of [first, second, asked]) socket.emit('close')
    const third = open()
    begin(third, { held: 130 * KIB })
    assert.deepEqual(cut([third, good]), [false, false])
  })

  it('says that a connection is cut, of which more is read', () => {
    const socket = open()
    const connection = bounded.of(socket) ?? assert.fail()
    assert.equal(connection.isOpen, true)
    connection.begin(250 * KIB)
    assert.equal(connection.isOpen, false)
  })

  it('counts the head of a call, and one that is not whole', () => {
    const [headed, open1, open2] = [open(), open('192.0.2.2'), open('192.0.2.3')]
    const connection = bounded.of(headed) ?? assert.fail()
    connection.begin(249 * KIB)
    assert.equal(headed.destroyed, true)
    headed.emit('close')
    for (const socket of [open1, open2]) socket.bytesRead = 100 * KIB
    bounded.sweep()
    assert.deepEqual(cut([open1, open2]), [false, false])
    // More than 144 KiB of a head is not kept.
    open1.bytesRead = 1024 * KIB
    bounded.sweep()
    assert.deepEqual(cut([open1, open2]), [false, false])
    open2.bytesRead = 113 * KIB
    bounded.sweep()
    assert.deepEqual(cut([open1, open2]), [true, false])
  })

  it('takes what came before a head that is whole for no head', () => {
    const sockets = [open(), open(), open()]
    for (const socket of sockets) {
      socket.bytesRead = 140 * KIB
      begin(socket)()
    }
    bounded.sweep()
    assert.deepEqual(cut(sockets), [false, false, false])
  })

  it('counts what a stream costs by itself, also one of a watch', () => {
    const sockets = [open(), open()]
    for (let i = 0; i < 17; i += 1) begin(sockets[1] ?? assert.fail(), { isLong: true })
    for (let i = 0; i < 16; i += 1) begin(sockets[0] ?? assert.fail())
    bounded.sweep()
    assert.deepEqual(cut(sockets), [false, true])
  })

  it('counts what a call holds until its stream is closed', () => {
    const [ended, lasting] = [open(), open()]
    begin(ended, { held: 130 * KIB })()
    begin(ended, { held: 130 * KIB })
    assert.equal(ended.destroyed, false)
    begin(lasting, { held: 10 * KIB })
    begin(ended, { held: 130 * KIB })
    assert.deepEqual(cut([ended, lasting]), [true, false])
  })

  it('counts a call that has ended until what has come with it is read', () => {
    const socket = open()
    tasks = []
    for (let i = 0; i < 2; i += 1) begin(socket, { held: 100 * KIB })()
    assert.equal(socket.destroyed, false)
    for (const task of tasks.splice(0)) task()
    for (let i = 0; i < 2; i += 1) begin(socket, { held: 100 * KIB })()
    assert.equal(socket.destroyed, false)
    begin(socket, { held: 100 * KIB })
    assert.equal(socket.destroyed, true)
  })

  it('makes room where most connections are from', () => {
    const [one, two, alone] = [open('192.0.2.2'), open('192.0.2.2'), open('192.0.2.3')]
    for (const socket of [one, two, alone]) begin(socket)()
    open('192.0.2.2')
    assert.deepEqual(cut([one, two, alone]), [true, false, false])
  })

  it('cuts at the address whose calls hold most, though one elsewhere holds more by itself', () => {
    const [one, two, other] = [open('192.0.2.2'), open('192.0.2.2'), open('192.0.2.3')]
    for (const [socket, bytes] of [
      [one, 64 * KIB],
      [two, 74 * KIB],
      [other, 102 * KIB],
    ] as const) {
      begin(socket, { held: bytes })
    }
    bounded.sweep()
    assert.deepEqual(cut([one, two, other]), [false, true, false])
  })

  it('lets none last longer than the longest', (context) => {
    bounded.close()
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    bounded = boundConnections(bounds, () => now, later)
    const socket = open()
    begin(socket, { isLong: true })
    context.mock.timers.tick(59_999)
    assert.equal(socket.destroyed, false)
    context.mock.timers.tick(1)
    assert.equal(socket.destroyed, true)
    const gone = open()
    gone.emit('close')
    context.mock.timers.tick(60_000)
    assert.equal(gone.destroyed, false, 'it is waited for')
  })
})
