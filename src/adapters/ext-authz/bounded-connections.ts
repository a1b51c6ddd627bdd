import type { Socket } from 'node:net'
import { Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import { peerOf } from '../connections.ts'
import { refuseCompression, streamOf } from './grpc-internals.ts'

export interface ConnectionBounds {
  /**
   * Connections at once. One more takes the place of one from the address that has most: of one that
   * never asked, else of the one that asked longest ago.
   */
  readonly connections: number
  /**
   * What calls may hold in memory over all connections, bytes; past it the connections of the address
   * whose calls hold most are cut, the heaviest first.
   */
  readonly memory: number
  /** How long a call's stream may be open before its connection is cut, milliseconds. */
  readonly call: number
  /** How long a connection may last whatever it does, milliseconds. */
  readonly age: number
}

/** Of a socket what is looked at here. */
export interface Cuttable extends Pick<Socket, 'remoteAddress' | 'remotePort' | 'bytesRead'> {
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

export interface BoundedConnections {
  /** False: it was gone before it came. */
  open(socket: Cuttable): boolean
  /** Sees each call begin and end. */
  readonly interceptor: ServerInterceptor
  /** Cuts what is over its bounds; called by a timer until `close`. */
  sweep(): void
  close(): void
}

/** What an open stream costs whatever is sent over it, bytes: about what grpc-js and Node keep of it. */
const STREAM = 16 * 1024

/** Nobody writes into it. */
const NO_METADATA = new Metadata()

/** How often is looked, milliseconds: what can come in meanwhile is not much beside `memory`. */
const SWEEP = 250

interface Call {
  /** Milliseconds; Infinity for one that is meant to last. */
  readonly due: number
  /** Of its connection, when it began. */
  readonly bytesRead: number
  receiving: boolean
  /** Bytes of its messages that came whole. */
  held: number
}

interface Connection {
  readonly socket: Cuttable
  readonly address: string
  readonly end: NodeJS.Timeout
  /** Whose streams are open, the oldest first. */
  readonly calls: Set<Call>
}

/** The connections of one address; in each set the one that is longest so first. */
interface Neighbours {
  /** Those that asked nothing yet. */
  readonly silent: Set<Connection>
  readonly useful: Set<Connection>
}

/**
 * grpc-js keeps as much as clients send it: any number of connections, messages that never come to their
 * end, answers that nobody reads. An Envoy's calls are over in milliseconds, and it has few
 * connections, so it is not the one that is cut. `timer` gives milliseconds from any beginning.
 */
export function boundConnections(
  bounds: ConnectionBounds,
  timer: () => number,
): BoundedConnections {
  const byPeer = new Map<string, Connection>()
  const byAddress = new Map<string, Neighbours>()
  const busy = new Set<Connection>()

  function neighboursOf(address: string): Neighbours {
    const known = byAddress.get(address)
    if (known !== undefined) return known
    const made = { silent: new Set<Connection>(), useful: new Set<Connection>() }
    byAddress.set(address, made)
    return made
  }

  function forget(peer: string, connection: Connection): void {
    clearTimeout(connection.end)
    const { silent, useful } = neighboursOf(connection.address)
    for (const set of [silent, useful, busy]) set.delete(connection)
    if (silent.size + useful.size === 0) byAddress.delete(connection.address)
    if (byPeer.get(peer) === connection) byPeer.delete(peer)
  }

  function cut(connection: Connection): void {
    forget(peerOf(connection.socket), connection)
    connection.socket.destroy()
  }

  function makeRoom(): void {
    let most: Neighbours | undefined
    const size = ({ silent, useful }: Neighbours) => silent.size + useful.size
    for (const one of byAddress.values()) if (!most || size(one) > size(most)) most = one
    if (most === undefined) return
    const [longest] = most.silent.size > 0 ? most.silent : most.useful
    if (longest !== undefined) cut(longest)
  }

  function begin(connection: Connection, isLong: boolean): Call {
    const { bytesRead } = connection.socket
    const due = isLong ? Infinity : timer() + bounds.call
    const call = { due, bytesRead, receiving: true, held: 0 }
    connection.calls.add(call)
    busy.add(connection)
    const { silent, useful } = neighboursOf(connection.address)
    silent.delete(connection)
    useful.delete(connection)
    useful.add(connection)
    return call
  }

  function end(connection: Connection, call: Call): void {
    connection.calls.delete(call)
    if (connection.calls.size === 0) busy.delete(connection)
  }

  function sweep(): void {
    const now = timer()
    for (const connection of busy) {
      for (const { due } of connection.calls) {
        if (due === Infinity) continue
        if (due < now) cut(connection)
        break
      }
    }
    cutHeaviest()
  }

  function cutHeaviest(): void {
    const weighed = [...busy].map((connection) => ({ connection, weight: weightOf(connection) }))
    let total = weighed.reduce((sum, { weight }) => sum + weight, 0)
    if (total <= bounds.memory) return
    const ofAddress = new Map<string, number>()
    for (const { connection, weight } of weighed) {
      ofAddress.set(connection.address, (ofAddress.get(connection.address) ?? 0) + weight)
    }
    const together = ({ connection }: (typeof weighed)[number]) =>
      ofAddress.get(connection.address) ?? 0
    weighed.sort((a, b) => together(b) - together(a) || b.weight - a.weight)
    for (const { connection, weight } of weighed) {
      if (total <= bounds.memory) break
      cut(connection)
      total -= weight
    }
  }
  const sweeping = setInterval(sweep, SWEEP).unref()

  return {
    open(socket) {
      const peer = peerOf(socket)
      if (socket.remotePort === undefined) return false
      if (byPeer.size >= bounds.connections) makeRoom()
      const connection: Connection = {
        socket,
        address: socket.remoteAddress ?? '',
        end: setTimeout(() => {
          cut(connection)
        }, bounds.age).unref(),
        calls: new Set(),
      }
      byPeer.set(peer, connection)
      neighboursOf(connection.address).silent.add(connection)
      socket.once('close', () => {
        forget(peer, connection)
      })
      return true
    },
    interceptor({ responseStream }, call) {
      refuseCompression(call)
      const connection = byPeer.get(peerOf(call.getConnectionInfo()))
      if (connection === undefined) return new ServerInterceptingCall(call)
      const begun = begin(connection, responseStream)
      // Not when it is answered: until the client has ended it too, grpc-js keeps all of it.
      streamOf(call).once('close', () => {
        end(connection, begun)
      })
      return new ServerInterceptingCall(call, {
        start(next) {
          next({
            // rauth looks at none of it, and it can be large.
            onReceiveMetadata(_, pass) {
              pass(NO_METADATA)
            },
            onReceiveMessage(message: unknown, pass) {
              if (Buffer.isBuffer(message)) begun.held += message.length
              pass(message)
            },
            onReceiveHalfClose(pass) {
              begun.receiving = false
              pass()
            },
          })
        },
      })
    },
    sweep,
    close() {
      clearInterval(sweeping)
      for (const { end: timeout } of byPeer.values()) clearTimeout(timeout)
    },
  }
}

/** At most: calls that are over while one that is older goes on are counted with it. */
function weightOf({ socket, calls }: Connection): number {
  let weight = 0
  let oldest: number | undefined
  for (const { receiving, bytesRead, held } of calls) {
    weight += STREAM + held
    if (receiving) oldest ??= bytesRead
  }
  return oldest === undefined ? weight : weight + socket.bytesRead - oldest
}
