import type { Socket } from 'node:net'
import { peerOf, type Peer } from '../../connections.ts'
import { networkOf } from '../../network.ts'
import { createAddresses } from './addresses.ts'
import { heaviest } from './heaviest.ts'

export interface ConnectionBounds {
  /**
   * Connections at once. One more takes the place of one that never asked, else of the one that asked
   * longest ago, of the address that has most of these. An address of IPv6 is its network.
   */
  readonly connections: number
  /** Of these, how many one address may have; one more takes the place of one of its own. */
  readonly ofAddress: number
  /**
   * What clients may make us hold in memory over all connections, bytes: past it the connections of the
   * address that holds most are cut, the heaviest first, until a quarter of it is free. What is cut is
   * freed later; while that is as much again, all of that address are.
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

/** A call whose stream is open. */
export interface OpenCall {
  /** It is meant to last: it is never due. */
  lasts(): void
  /** What it holds of its message, bytes. */
  hold(bytes: number): void
  /** Its stream is closed. */
  end(): void
}

export interface BoundedConnection {
  /** False once it is cut, and while what came before is still read. */
  readonly isOpen: boolean
  /** A stream is open, with a head of so many bytes. */
  begin(head: number): OpenCall
}

export interface BoundedConnections {
  /** May cut another. One that is gone already is let be: it has no peer, and ends by itself. */
  open(socket: Cuttable): void
  /** The open connection to a client. */
  of(peer: Peer): BoundedConnection | undefined
  /** Cuts what is over its bounds; called by a timer until `close`. */
  sweep(): void
  close(): void
}

/** What an open stream costs whatever is sent over it, bytes: Node was seen to keep 6 KiB of it. */
const STREAM = 8 * 1024

/**
 * The most that is kept of a head before it is whole, bytes: nghttp2 takes nine frames of 16 KiB of one.
 * Of a head Node tells when it is whole, so that what came since the last may all be one's.
 */
const OPEN_HEAD = 9 * 16 * 1024

/** Of `memory` what is left when it was too much, so that it is not too much again at once. */
const LEFT = 3 / 4

/** How often is looked, milliseconds. */
const SWEEP = 250

interface Connection extends BoundedConnection {
  readonly socket: Cuttable
  readonly peer: string
  readonly address: string
  readonly expiry: NodeJS.Timeout
  /** When each call that is open must be over, the oldest first. */
  readonly due: Set<{ at: number }>
  /** By its calls, bytes; when it was cut, if it was. */
  held: number
  /** Bytes that were read when its last head was whole. */
  heads: number
  isSilent: boolean
  isOpen: boolean
}

/**
 * Clients can make a server of HTTP/2 keep much: any number of connections, heads and messages that never
 * come to their end, answers that nobody reads. An Envoy's calls are over in milliseconds, and it has few
 * connections, so it is not the one that is cut. `timer` gives milliseconds from any beginning;
 * `later` calls back when what has come is read, as `setImmediate` does: Node keeps closed streams until then.
 */
export function boundConnections(
  bounds: ConnectionBounds,
  timer: () => number,
  later: (task: () => void) => void,
): BoundedConnections {
  const byPeer = new Map<string, Connection>()
  const addresses = createAddresses<Connection>()
  /** By all calls, bytes. */
  let held = 0
  /** By those of connections that were cut, which is freed only when everything that came is read. */
  let dying = 0

  function forget(connection: Connection): void {
    connection.isOpen = false
    held -= connection.held
    clearTimeout(connection.expiry)
    addresses.remove(connection.address, connection)
    // Its port may be another's by now.
    if (byPeer.get(connection.peer) === connection) byPeer.delete(connection.peer)
  }

  function cut(connection: Connection | undefined): void {
    if (connection === undefined) return
    forget(connection)
    dying += connection.held
    connection.socket.destroy()
  }

  function hold(connection: Connection, more: number): void {
    if (!connection.isOpen) return
    connection.held += more
    held += more
    // Not by the timer alone: all that has come from everyone is read before it has its turn.
    if (more > 0 && held > most()) cutHeaviest()
  }

  const isUrgent = () => dying > bounds.memory
  const most = () => (isUrgent() ? bounds.memory / 2 : bounds.memory)

  function cutHeaviest(): void {
    const all = [...byPeer.values()].map((connection) => ({
      of: connection,
      address: connection.address,
      weight: connection.held + openHead(connection),
      isSilent: connection.isSilent,
    }))
    const total = all.reduce((sum, { weight }) => sum + weight, 0)
    if (total <= most()) return
    for (const connection of heaviest(all, LEFT * most(), isUrgent())) cut(connection)
  }

  function begin(connection: Connection, head: number): OpenCall {
    let message = 0
    const due = { at: timer() + bounds.call }
    connection.due.add(due)
    connection.heads = connection.socket.bytesRead
    connection.isSilent = false
    addresses.asked(connection.address, connection)
    hold(connection, STREAM + head)
    return {
      lasts() {
        due.at = Infinity
      },
      hold(bytes) {
        hold(connection, bytes - message)
        message = bytes
      },
      end() {
        connection.due.delete(due)
        later(() => {
          hold(connection, -(STREAM + head + message))
        })
      },
    }
  }

  function sweep(): void {
    const now = timer()
    for (const connection of byPeer.values()) if (isLate(connection, now)) cut(connection)
    cutHeaviest()
  }
  const sweeping = setInterval(sweep, SWEEP).unref()

  return {
    open(socket) {
      if (socket.remotePort === undefined) return
      const [peer, address] = [peerOf(socket), networkOf(socket.remoteAddress ?? '')]
      if (addresses.count(address) >= bounds.ofAddress) cut(addresses.longest(address))
      if (byPeer.size >= bounds.connections) cut(addresses.surplus())
      const connection: Connection = {
        ...{ socket, peer, address, due: new Set(), held: 0, heads: 0 },
        ...{ isSilent: true, isOpen: true },
        expiry: setTimeout(() => {
          cut(connection)
        }, bounds.age).unref(),
        begin: (head) => begin(connection, head),
      }
      byPeer.set(peer, connection)
      addresses.add(address, connection)
      socket.once('close', () => {
        if (connection.isOpen) forget(connection)
        else dying -= connection.held
      })
    },
    of: (peer) => byPeer.get(peerOf(peer)),
    sweep,
    close() {
      clearInterval(sweeping)
      for (const { expiry } of byPeer.values()) clearTimeout(expiry)
    },
  }
}

/** Whether a call takes too long. */
function isLate({ due }: Connection, now: number): boolean {
  for (const { at } of due) if (at !== Infinity) return at < now
  return false
}

/** What it may hold of a head that is not whole, bytes. */
function openHead({ socket, heads }: Connection): number {
  return Math.min(socket.bytesRead - heads, OPEN_HEAD)
}
