import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { peerOf } from './connections.ts'
import { bodyLength } from './http-exchange.ts'

/**
 * Keeps a server to so many connections. One more ends the one that has waited longest for its client: for a request,
 * or for the rest of one. So whoever holds connections open without an end loses those, and keeps nobody out; Node by
 * itself would end the new one. That is what happens where all of them are being answered. Called before the
 * server listens.
 */
export function limitConnections(server: Server, most: number): void {
  const open = new Map<string, Socket>()
  /** Those that wait for their clients, the longest first. */
  const waiting = new Set<string>()

  function forget(peer: string, socket: Socket): void {
    if (open.get(peer) !== socket) return
    open.delete(peer)
    waiting.delete(peer)
  }

  function take(request: IncomingMessage, response: ServerResponse): void {
    const peer = peerOf(request.socket)
    const whole = () => waiting.delete(peer)
    if (bodyLength(request) === 0) whole()
    else request.once('end', whole)
    response.once('close', () => {
      if (open.has(peer)) waiting.add(peer)
    })
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= most) {
      const [longest] = waiting
      const ended = longest === undefined ? undefined : open.get(longest)
      if (longest === undefined || ended === undefined) {
        socket.destroy()
        return
      }
      forget(longest, ended)
      ended.destroy()
    }
    const peer = peerOf(socket)
    open.set(peer, socket)
    waiting.add(peer)
    socket.once('close', () => {
      forget(peer, socket)
    })
  })
  server.on('request', take)
  server.on('checkContinue', take)
  server.on('checkExpectation', take)
}
