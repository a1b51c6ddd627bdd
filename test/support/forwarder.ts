import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'

/** A port that leads to another one, as a Service leads to pods. */
export interface Forwarder {
  readonly port: number
  /** New connections go there from now on; those that are open stay where they are. */
  to(port: number): void
  close(): void
}

export async function startForwarder(first: number): Promise<Forwarder> {
  let target = first
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    to: (port) => (target = port),
    close: () => server.close(),
  }
}
