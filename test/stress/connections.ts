import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ACK, frame, PING } from '../support/http2-frames.ts'

export interface Manner {
  /** Reads nothing of what comes back. */
  readonly deaf?: boolean
  /** Answers pings, so that nobody takes it for gone. */
  readonly pong?: boolean
  /** Its own address, of which Linux has all of 127.0.0.0/8: not that of whoever means well. */
  readonly from?: string
}

/** A connection of somebody who means no good: no error of it is told. */
export function open(port: number, bytes?: Buffer, { deaf, pong, from }: Manner = {}): Socket {
  const socket = connect({
    ...{ port, host: '127.0.0.1', allowHalfOpen: true },
    ...(from === undefined ? {} : { localAddress: from }),
  })
  socket.on('error', () => undefined)
  if (deaf === true) socket.pause()
  else if (pong === true) {
    socket.on('data', (chunk) => {
      answerPings(socket, chunk)
    })
  } else socket.resume()
  if (bytes !== undefined) socket.write(bytes)
  return socket
}

/** Frames that are cut in two by the network go unanswered. */
function answerPings(socket: Socket, chunk: Buffer): void {
  for (let at = 0; at + 9 <= chunk.length;) {
    const length = chunk.readUIntBE(at, 3)
    const isPing = chunk[at + 3] === PING && (chunk[at + 4] ?? 0) % 2 === 0
    if (isPing && socket.writable) {
      socket.write(frame(PING, ACK, 0, chunk.subarray(at + 9, at + 9 + length)))
    }
    at += 9 + length
  }
}

/** Leaves them open for a while, or until the other side ended all of them. */
export async function hold(sockets: readonly Socket[], milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  const isOpen = (socket: Socket) => !socket.destroyed && !socket.readableEnded
  while (performance.now() < end && sockets.some(isOpen)) await sleep(20)
  for (const socket of sockets) socket.destroy()
}
