import type { Socket } from 'node:net'
import { peerOf, type Peer } from '../../connections.ts'

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
export interface Cuttable extends Pick<Socket, 'remoteAddress' | 'remotePort'> {
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

/** A call whose stream is open. */
export interface OpenCall {
  /** Milliseconds; Infinity for one that is meant to last. */
  readonly due: number
  /** What it holds of its message, bytes; whoever reads that says so here. */
  held: number
}

export interface BoundedConnection {
  begin(isLong: boolean): OpenCall
  /** Its stream is closed. */
  end(call: OpenCall): void
}

export interface BoundedConnections {
  /** False: it was gone before it came. */
  open(socket: Cuttable): boolean
  /** The open connection to a client; of one that is not there, nothing is counted. */
  of(peer: Peer): BoundedConnection | undefined
  /** Cuts what is over its bounds; called by a timer until `close`. */
  sweep(): void
  close(): void
}

/** What an open stream costs whatever is sent over it, bytes: about what Node keeps of it. */
const STREAM = 16 * 1024

/** How often is looked, milliseconds: what can come in meanwhile is not much beside `memory`. */
const SWEEP = 250

interface Connection extends BoundedConnection {
  readonly socket: Cuttable
  readonly address: string
  readonly expiry: NodeJS.Timeout
  /** Whose streams are open, the oldest first. */
  readonly calls: Set<OpenCall>
}

/** The connections of one address; in each set the one that is longest so first. */
interface Neighbours {
  /** Those that asked nothing yet. */
  readonly silent: Set<Connection>
  readonly useful: Set<Connection>
}

/**
 * Clients can make a server of HTTP/2 keep much: any number of connections, messages that never come to
 * their end, answers that nobody reads. An Envoy's calls are over in milliseconds, and it has few
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
    clearTimeout(connection.expiry)
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

  function begin(connection: Connection, isLong: boolean): OpenCall {
    const call = { due: isLong ? Infinity : timer() + bounds.call, held: 0 }
    connection.calls.add(call)
    busy.add(connection)
    const { silent, useful } = neighboursOf(connection.address)
    silent.delete(connection)
    useful.delete(connection)
    useful.add(connection)
    return call
  }

  function end(connection: Connection, call: OpenCall): void {
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
        expiry: setTimeout(() => {
          cut(connection)
        }, bounds.age).unref(),
        calls: new Set(),
        begin: (isLong) => begin(connection, isLong),
        end(call) {
          end(connection, call)
        },
      }
      byPeer.set(peer, connection)
      neighboursOf(connection.address).silent.add(connection)
      socket.once('close', () => {
        forget(peer, connection)
      })
      return true
    },
    of: (peer) => byPeer.get(peerOf(peer)),
    sweep,
    close() {
      clearInterval(sweeping)
      for (const { expiry } of byPeer.values()) clearTimeout(expiry)
    },
  }
}

function weightOf({ calls }: Connection): number {
  let weight = 0
  for (const { held } of calls) weight += STREAM + held
  return weight
}
