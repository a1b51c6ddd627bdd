import { connect, type Socket } from 'node:net'
import { indexed, indexedLiteral, literals, type Field } from './hpack.ts'
import * as http2 from './http2-frames.ts'

export interface Crowd {
  readonly sessions: number
  /** Requests under way in each. */
  readonly streams: number
  readonly path: string
  readonly authorization?: string
  /** How often a header of 3,900 bytes is in each request: of the wire it is one byte. */
  readonly repeated?: number
  /** Whether another request follows each that has come to its end. */
  readonly again: boolean
}

export interface RunningCrowd {
  /** Requests that came to their end, whatever that was. */
  readonly ended: () => number
  stop(): void
}

const LARGE: Field = ['x-a', 'A'.repeat(3_900)]
/** What was put into the table of a connection last. */
const NEWEST = indexed(62)

/** As many bytes as all answers together may have, and more. */
const WINDOW = Buffer.from([0x3f, 0xff, 0xff, 0xff])

/**
 * Clients of HTTP/2 that take no more of an answer than their windows have room for, 64 KiB, and whose heads
 * may be large once they are read.
 */
export async function sendHttp2Crowd(port: number, crowd: Crowd): Promise<RunningCrowd> {
  const sockets = new Set<Socket>()
  const { sessions, streams, path, authorization, repeated = 0, again } = crowd
  const fields: readonly Field[] = [
    ...([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', path],
    ] as const),
    [':authority', 'localhost'],
    ...(authorization === undefined ? [] : [['authorization', authorization] as const]),
  ]
  let ended = 0

  function begin(begun: () => void): void {
    let [rest, next] = [Buffer.alloc(0), 1]
    const one = () => {
      const large = Array<Buffer>(repeated).fill(NEWEST)
      if (next === 1 && repeated > 0) large[0] = indexedLiteral(LARGE)
      const head = Buffer.concat([literals(fields), ...large])
      next += 2
      return http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, next - 2, head)
    }
    const socket = connect(port, '127.0.0.1', () => {
      const settled = http2.frame(http2.SETTINGS, http2.ACK, 0)
      const window = http2.frame(http2.WINDOW_UPDATE, 0, 0, WINDOW)
      const first = Array.from({ length: streams }, one)
      socket.write(Buffer.concat([http2.GREETING, settled, window, ...first]), begun)
    })
    sockets.add(socket)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket)
        begun()
      })
      .on('data', (chunk) => {
        rest = Buffer.concat([rest, chunk])
        const more: Buffer[] = []
        for (let size = sizeOf(rest); rest.length >= size; size = sizeOf(rest)) {
          if (isEnd(rest)) {
            ended += 1
            if (again) more.push(one())
          }
          rest = rest.subarray(size)
        }
        if (more.length > 0 && socket.writable) socket.write(Buffer.concat(more))
      })
  }
  await Promise.all(Array.from({ length: sessions }, () => new Promise<void>(begin)))
  return {
    ended: () => ended,
    stop() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Of the frame at the beginning; infinite while its header is not there. */
function sizeOf(bytes: Buffer): number {
  return bytes.length < 9 ? Infinity : 9 + bytes.readUIntBE(0, 3)
}

/** Whether the frame at the beginning ends a stream. */
function isEnd(bytes: Buffer): boolean {
  const [type = 0, flags = 0] = bytes.subarray(3, 5)
  if (type === http2.RST_STREAM) return true
  return (type === http2.DATA || type === http2.HEADERS) && (flags & http2.END_STREAM) !== 0
}
