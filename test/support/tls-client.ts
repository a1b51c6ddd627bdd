import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'

/** Longer than a busy machine needs for a handshake, or a server to close, ms: what takes this long never comes. */
const PATIENCE = 30_000

/** A connection whose handshake is over. Rejects with what it failed by. */
export function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: 'localhost', port, ...options })
    const limit = setTimeout(() => {
      socket.destroy(new DOMException(`no handshake within ${PATIENCE} ms`, 'TimeoutError'))
    }, PATIENCE)
    // One that is closed without a word has failed, too.
    const failed = (error?: unknown) => {
      clearTimeout(limit)
      reject(error instanceof Error ? error : new Error('closed before the handshake was over'))
    }
    socket.once('error', failed)
    socket.once('close', failed)
    socket.once('secureConnect', () => {
      clearTimeout(limit)
      socket.off('error', failed).off('close', failed)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

/** Asks for another handshake within a connection of TLS 1.2, and ends that; gives the answer. */
export async function renegotiate(socket: TLSSocket): Promise<string> {
  const answer = await new Promise<Error | string | null>((resolve) => {
    setTimeout(resolve, 5_000, 'no answer').unref()
    socket.once('error', resolve)
    socket.resume().renegotiate({}, resolve)
  })
  socket.destroy()
  return String(answer)
}

/**
 * Everything that comes over a connection until it closes, after something was said; with TLS 1.3 a
 * server refuses a client only once that believes that the handshake is over.
 */
export async function converse(
  port: number,
  options: ConnectionOptions,
  said: string,
): Promise<{ readonly text: string; readonly code: string }> {
  let code = ''
  let text = ''
  try {
    const socket = await handshake(port, options)
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message))
    socket.on('data', (data: Buffer) => (text += data.toString()))
    socket.write(said)
    await once(socket, 'close', { signal: AbortSignal.timeout(PATIENCE) })
  } catch (error) {
    // That nothing came is no end.
    if (['AbortError', 'TimeoutError'].includes((error as Error).name)) throw error
    code = (error as NodeJS.ErrnoException).code ?? String(error)
  }
  return { text, code }
}

/** Connections that begin a handshake and never go on; each with what tells that it was cut. */
export async function stall(
  port: number,
  count: number,
): Promise<readonly { readonly socket: Socket; readonly cut: Promise<unknown> }[]> {
  // A record of a ClientHello, of which only the first bytes come.
  const begin = Buffer.from('160301020001000' + '1fc0303', 'hex')
  const stalled = []
  for (let i = 0; i < count; i += 1) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => undefined).resume()
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE) })
    // Every other one does not say a word.
    if (i % 2 === 0) socket.write(begin)
    stalled.push({ socket, cut: closed(socket, 2 * PATIENCE) })
  }
  await sleep(50)
  return stalled
}

/** Waits for the end of a connection, also of one that breaks, for so many milliseconds at most. */
export function closed(socket: Socket, limit = PATIENCE): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`not closed within ${limit} ms`))
    }, limit)
    const end = () => {
      clearTimeout(late)
      resolve()
    }
    if (socket.closed) end()
    else socket.once('close', end)
  })
}

/** Leads to another port, and keeps what a client says after its hello until it is released. */
export async function startStall(port: number): Promise<{
  readonly port: number
  readonly stalled: Promise<unknown>
  release(): void
  close(): void
}> {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  let isStalled = () => {}
  const stalled = new Promise<void>((resolve) => (isStalled = resolve))
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    upstream.pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.once('data', (hello: Buffer) => {
      upstream.write(hello)
      client.pause()
      client.once('readable', isStalled)
      void released.then(() => client.pipe(upstream))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ...{ stalled, release },
    close() {
      server.close()
    },
  }
}
