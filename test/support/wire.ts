import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from './until.ts'

const LIMIT = 30_000
/** Between two pieces, milliseconds. */
const PAUSE = 50

/** What came back over one connection until its end. */
export interface Received {
  readonly text: string
  /** Status of each answer, in order. */
  readonly statuses: readonly number[]
  /** Body of the last answer. */
  readonly body: string
  /** Whether the connection broke instead of ending. */
  readonly broken: boolean
}

/**
 * Sends bytes as they are and reads until the server closes; fails if it does not. Pieces are sent
 * `pause` milliseconds apart. The connection is not ended from this side, unless `halfClose` says so; with `deaf`
 * nothing is read before everything is sent.
 */
export async function exchange(
  port: number,
  pieces: string | Buffer | readonly (string | Buffer)[],
  { halfClose = false, deaf = false, pause = PAUSE } = {},
): Promise<Received> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  const received = collect(socket)
  if (deaf) socket.pause()
  const all = typeof pieces === 'string' || Buffer.isBuffer(pieces) ? [pieces] : pieces
  for (const [index, piece] of all.entries()) {
    if (socket.writable) socket.write(piece)
    await sleep(index === all.length - 1 ? PAUSE : pause)
  }
  if (halfClose) socket.end()
  socket.resume()
  return received
}

function collect(socket: Socket): Promise<Received> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const limit = setTimeout(() => {
      socket.destroy()
      reject(
        new Error(`not closed within ${LIMIT} ms; so far: ${Buffer.concat(chunks).toString()}`),
      )
    }, LIMIT)
    const done = (broken: boolean) => {
      clearTimeout(limit)
      socket.destroy()
      const text = Buffer.concat(chunks).toString()
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code))
      resolve({ text, statuses, body: text.slice(text.lastIndexOf('\r\n\r\n') + 4), broken })
    }
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => {
      done(false)
    })
    socket.on('error', () => {
      done(true)
    })
  })
}

/** A connection whose last answer has come, and which the client never ends. */
export async function holdOpen(port: number, bytes: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  socket.on('error', () => undefined).resume()
  socket.write(bytes)
  await once(socket, 'end', { signal: AbortSignal.timeout(LIMIT) })
  return socket
}

/** The server gives such a connection up by itself; there must be no other one. */
export async function assertHungUpOn(server: Server, bytes: string): Promise<void> {
  let came = 0
  server.on('connection', () => (came += 1))
  const socket = await holdOpen((server.address() as AddressInfo).port, bytes)
  const open = () =>
    new Promise<number>((resolve) => {
      server.getConnections((_error, count) => {
        resolve(count)
      })
    })
  assert.equal(came, 1)
  await until('the server gives it up', 20_000, async () => (await open()) === 0)
  socket.destroy()
}

/** A request line and headers, ended by an empty line. */
export function head(requestLine: string, ...headers: readonly string[]): string {
  return [requestLine, 'Host: registry.test', ...headers, '', ''].join('\r\n')
}
