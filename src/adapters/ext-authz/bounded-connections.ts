import type { Socket } from 'node:net'
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js'

export interface ConnectionBounds {
  /** Connections at once. One more takes the place of the one that was longest of no use. */
  readonly connections: number
  /** What calls under way may hold in memory over all connections, bytes; past it the heaviest is cut. */
  readonly memory: number
  /** How long a call may take before its connection is cut, milliseconds. */
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

/** How often is looked, milliseconds: what can come in meanwhile is not much beside `memory`. */
const SWEEP = 250

interface Call {
  /** Milliseconds; Infinity for one that is meant to last. */
  readonly due: number
  /** Of its connection, when it began. */
  readonly bytesRead: number
  receiving: boolean
}

interface Connection {
  readonly socket: Cuttable
  readonly end: NodeJS.Timeout
  /** Under way, the oldest first. */
  readonly calls: Set<Call>
}

/**
 * grpc-js keeps as much as clients send it: any number of connections, messages that never come to their
 * end, answers that nobody reads. An Envoy's calls are over in milliseconds, so it is never the one
 * that is cut. `timer` gives milliseconds from any beginning.
 */
export function boundConnections(
  bounds: ConnectionBounds,
  timer: () => number,
): BoundedConnections {
  const byPeer = new Map<string, Connection>()
  /** Those that asked nothing yet, and the others; in each the one that is longest so first. */
  const silent = new Set<Connection>()
  const useful = new Set<Connection>()
  const busy = new Set<Connection>()

  function forget(peer: string, connection: Connection): void {
    clearTimeout(connection.end)
    for (const set of [silent, useful, busy]) set.delete(connection)
    if (byPeer.get(peer) === connection) byPeer.delete(peer)
  }

  function cut(connection: Connection): void {
    forget(peerOf(connection.socket), connection)
    connection.socket.destroy()
  }

  function begin(connection: Connection, isLong: boolean): Call {
    const { bytesRead } = connection.socket
    const call = { due: isLong ? Infinity : timer() + bounds.call, bytesRead, receiving: true }
    connection.calls.add(call)
    busy.add(connection)
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
    const weighed = [...busy].map((connection) => ({ connection, weight: weightOf(connection) }))
    let total = weighed.reduce((sum, { weight }) => sum + weight, 0)
    if (total <= bounds.memory) return
    for (const { connection, weight } of weighed.sort((a, b) => b.weight - a.weight)) {
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
      if (byPeer.size >= bounds.connections) {
        const [longest] = silent.size > 0 ? silent : useful
        if (longest !== undefined) cut(longest)
      }
      const connection: Connection = {
        socket,
        end: setTimeout(() => {
          cut(connection)
        }, bounds.age).unref(),
        calls: new Set(),
      }
      byPeer.set(peer, connection)
      silent.add(connection)
      socket.once('close', () => {
        forget(peer, connection)
      })
      return true
    },
    interceptor({ responseStream }, call) {
      refuseCompression(call)
      const connection = byPeer.get(peerOf(call.getConnectionInfo()))
      if (connection === undefined) return new ServerInterceptingCall(call)
      return watched(call, {
        begin: () => begin(connection, responseStream),
        end: (begun) => {
          end(connection, begun)
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
  const streams = calls.size * STREAM
  for (const { receiving, bytesRead } of calls) {
    if (receiving) return streams + socket.bytesRead - bytesRead
  }
  return streams
}

/**
 * Not an encoding that grpc-js knows, so it answers a compressed message with UNIMPLEMENTED and does not
 * inflate it: three hundred bytes would become the longest message that is allowed. It has no option
 * for that; which field it reads is held by a test.
 */
function refuseCompression(call: ServerInterceptingCallInterface): void {
  const field = 'incomingEncoding'
  if (field in call && call[field] !== 'identity') call[field] = 'none that rauth takes'
}

interface Watcher {
  begin(): Call
  end(call: Call): void
}

/** A call is told to begin only when it has not been cancelled yet; from then on, its end is told, too. */
function watched(call: ServerInterceptingCallInterface, watcher: Watcher) {
  let begun: Call | undefined
  return new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, pass) {
          begun = watcher.begin()
          pass(metadata)
        },
        onReceiveHalfClose(pass) {
          if (begun !== undefined) begun.receiving = false
          pass()
        },
        onCancel() {
          if (begun !== undefined) watcher.end(begun)
        },
      })
    },
  })
}

interface Peer {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/** The same of a connection and of the TLS in it. */
function peerOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`
}
