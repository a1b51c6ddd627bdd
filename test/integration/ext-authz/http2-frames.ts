import { connect } from 'node:net'

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

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
