import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ApiServer } from './api.ts'

/** What lies between a client and the API server, and what may happen to it. */
export interface Link extends ApiServer {
  /** Connections that are open now, and how many there ever were. */
  open(): number
  total(): number
  /** Ends what is open with a RST, wherever in a line that is. */
  reset(): void
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
  let total = 0
  let whole = true

  const listener = createServer((client) => {
    if (!whole) {
      client.resetAndDestroy()
      return
    }
    total += 1
    const upstream = connect(server.port, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    client.pipe(upstream).pipe(client)
    for (const one of pair) {
      one.on('error', () => undefined)
      one.on('close', () => {
        pairs.delete(pair)
        for (const other of pair) other.destroy()
      })
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  function reset(): void {
    for (const [client, upstream] of [...pairs]) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }
  return {
    port: (listener.address() as AddressInfo).port,
    authority: server.authority,
    open: () => pairs.size,
    total: () => total,
    reset,
    forget() {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream)
        upstream.unpipe(client)
        client.pause()
        upstream.pause()
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
