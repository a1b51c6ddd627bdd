import type { Server, Socket } from 'node:net'
import { Server as TlsServer, type TLSSocket } from 'node:tls'

/** The connections of a server that are open. */
export interface Connections {
  /** Cuts those over which no request ever began to come. */
  cutSilent(): void
  cutAll(): void
}

/**
 * Node itself knows only those that speak HTTP: after a CONNECT, or before the TLS handshake is over, a
 * connection is nobody's. Called before the server listens.
 */
export function trackConnections(server: Server): Connections {
  const raw = new Set<Socket>()
  /** Where a request may come over each; none while the handshake of TLS goes on. */
  const speakers = new Map<string, Socket>()

  const speaks = (socket: Socket): void => {
    const peer = peerOf(socket)
    speakers.set(peer, socket)
    socket.once('close', () => speakers.delete(peer))
  }
  const encrypted = server instanceof TlsServer
  server.on('connection', (socket: Socket) => {
    raw.add(socket)
    socket.once('close', () => raw.delete(socket))
    if (!encrypted) speaks(socket)
  })
  if (encrypted) {
    server.on('secureConnection', (socket: TLSSocket) => {
      speaks(socket)
    })
  }
  return {
    cutSilent() {
      for (const socket of raw) {
        if ((speakers.get(peerOf(socket))?.bytesRead ?? 0) === 0) socket.destroy()
      }
    },
    cutAll() {
      for (const socket of raw) socket.destroy()
    },
  }
}

/** The other end of a connection. */
export interface Peer {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/** The same for a connection and for the TLS in it, which Node does not tie to each other. */
export function peerOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`
}
