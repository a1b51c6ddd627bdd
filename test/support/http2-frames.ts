import { connect } from 'node:net'

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** RFC 9113 §6 */
export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

/** Flags of DATA and HEADERS. */
export const END_STREAM = 1
export const END_HEADERS = 4
/** Flag of SETTINGS and PING. */
export const ACK = 1

/** RFC 9113 §4.1. `length` says something else than the payload has, if given. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
  length: number = payload.length,
): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

/** How a client begins. */
export const GREETING = Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)])

/** A gRPC message: whether it is compressed, its length, its bytes. */
export function message(bytes: Buffer, compressed = false): Buffer {
  const head = Buffer.alloc(5)
  head[0] = compressed ? 1 : 0
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** Bytes in DATA frames of the size that every peer takes; the last ends the stream if `end` says so. */
export function dataFrames(stream: number, bytes: Buffer, end: boolean): Buffer {
  const size = 16_384
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length || frames.length === 0; at += size) {
    const last = at + size >= bytes.length
    frames.push(frame(DATA, end && last ? END_STREAM : 0, stream, bytes.subarray(at, at + size)))
  }
  return Buffer.concat(frames)
}

/** Sends bytes on a connection of their own; returns once the server ends it, or after a moment. */
export function throwAt(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = () => {
      clearTimeout(patience)
      socket.destroy()
      resolve()
    }
    const patience = setTimeout(done, 150)
    socket.on('error', done).on('close', done).resume()
    socket.write(bytes)
  })
}
