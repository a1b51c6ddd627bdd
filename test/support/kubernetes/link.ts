import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ApiServer } from './api.ts'

/** What lies between a client and the API server, and what may happen to it. */
export interface Link extends ApiServer {
  /** Connections that are open now, and the most that ever were. */
  open(): number
  most(): number
  /** Ends what is open with a RST, wherever in a line that is. */
  reset(): void
  /** Ends each as soon as so many bytes more came from the API server: with a RST, or as if that were all. */
  endAfter(bytes: number, how: 'reset' | 'close'): void
  /** What is open stays so, and nothing comes through any more; new connections are as before. */
  forget(): void
  /** No connection is taken, and what is open ends; until `mend`. */
  cut(): void
  mend(): void
  close(): void
}

/** A port that leads to an API server. */
export async function startLink(server: ApiServer): Promise<Link> {
  const pairs = new Set<readonly [Socket, Socket]>()
  /** Open still, for all that the API server knows. */
  const forgotten = new Set<readonly [Socket, Socket]>()
  let most = 0
  let whole = true

  const listener = createServer((client) => {
    if (!whole) {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(server.port, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    most = Math.max(most, pairs.size)
    client.pipe(upstream).pipe(client)
    for (const one of pair) {
      one.on('error', () => undefined)
      one.on('close', () => {
        pairs.delete(pair)
        forgotten.delete(pair)
        for (const other of pair) other.destroy()
      })
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  function reset(): void {
    for (const [client, upstream] of [...pairs, ...forgotten]) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }
  return {
    port: (listener.address() as AddressInfo).port,
    authority: server.authority,
    open: () => pairs.size,
    most: () => most,
    reset,
    endAfter(bytes, how) {
      for (const [client, upstream] of pairs) {
        let left = bytes
        upstream.unpipe(client)
        upstream.on('data', (chunk: Buffer) => {
          const part = chunk.subarray(0, left)
          left -= part.length
          client.write(part, () => {
            if (left > 0) return
            if (how === 'reset') client.resetAndDestroy()
            else client.end()
          })
        })
        // Without a pipe it would not flow.
        upstream.resume()
      }
    },
    forget() {
      for (const pair of pairs) {
        const [client, upstream] = pair
        client.unpipe(upstream)
        upstream.unpipe(client)
        client.pause()
        upstream.pause()
        pairs.delete(pair)
        forgotten.add(pair)
      }
    },
    cut() {
      whole = false
      reset()
    },
    mend() {
      whole = true
    },
    close() {
      reset()
      listener.close()
    },
  }
}
