import type { Server as HttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { messageOf, RauthError } from '../errors.ts'
import { trackConnections } from './connections.ts'

export interface ListenAddress {
  readonly host: string
  /** 0: one that the system picks. */
  readonly port: number
}

/** A port that is open until it is closed. */
export interface Listener {
  /** The port that is listened on, also when the system picked it. */
  readonly port: number
  /** False from the moment that it closes. */
  isOpen(): boolean
  /**
   * Takes no new connection and waits for the requests in flight, `milliseconds` at most; then cuts
   * what is left. Never rejects.
   */
  close(milliseconds: number): Promise<void>
}

/** How often connections that became idle are looked for while closing, milliseconds. */
const SWEEP = 50

/**
 * Opens the port of an HTTP server. Throws ERR_LISTEN, which names the address. What goes wrong later,
 * such as no file descriptor left for a connection, goes to `onError` and leaves the port open.
 */
export function listenHttp(
  server: HttpServer,
  address: ListenAddress,
  onError?: (error: Error) => void,
): Promise<Listener> {
  // close() ends the connections that are idle now; one that is busy now would be kept alive after its
  // answer, and be waited for until it times out.
  return listen(server, address, onError, () => {
    server.closeIdleConnections()
  })
}

/** The same for any server of connections. `endIdle` is called again and again while the port closes. */
export async function listen(
  server: Server,
  { host, port }: ListenAddress,
  onError: (error: Error) => void = () => undefined,
  endIdle: () => void = () => undefined,
): Promise<Listener> {
  const connections = trackConnections(server)
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error) => {
      reject(listenError({ host, port }, cause))
    }
    server.once('error', failed)
    server.listen({ host, port }, () => {
      server.off('error', failed)
      // Without a listener, the first such error would end the process.
      server.on('error', onError)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    isOpen: () => server.listening,
    close: (milliseconds) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => {
          connections.cutAll()
        }, milliseconds)
        const sweep = setInterval(() => {
          endIdle()
          // To Node, one that never said a word is about to ask.
          connections.cutSilent()
        }, SWEEP)
        server.close(() => {
          clearTimeout(cut)
          clearInterval(sweep)
          resolve()
        })
      }),
  }
}

/** What to do about it, by the code of the system's error; of others only the system's words are told. */
const REMEDIES: ReadonlyMap<string | undefined, string> = new Map([
  ['EADDRINUSE', 'free that port or set another one under "listen"'],
  [
    'EACCES',
    'set a port of 1024 or more under "listen", or let the process have that one (CAP_NET_BIND_SERVICE)',
  ],
  ['EADDRNOTAVAIL', 'set an address of this machine under "listen", or 0.0.0.0 for all of them'],
  ['ENOTFOUND', 'set an IP address under "listen", or a name that can be resolved'],
])

/** Why a port could not be opened, in an operator's words. */
function listenError({ host, port }: ListenAddress, cause: NodeJS.ErrnoException): RauthError {
  const remedy = REMEDIES.get(cause.code)
  const what = `cannot listen on ${host}:${port}: ${messageOf(cause)}`
  return new RauthError('ERR_LISTEN', remedy === undefined ? what : `${what}; ${remedy}`, { cause })
}
