import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { CHECK } from './check-messages.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly token?: string | undefined
}

/** Asks a gateway as an Envoy does: one connection, which is made again when it ends. */
export interface Checking {
  /** Status of the answer for the client; 200 lets the request pass. Rejects without an answer. */
  check(asked: Asked): Promise<number>
  close(): void
}

const asIs = (bytes: Buffer): Buffer => bytes

/** `patience`: how long an answer may take, milliseconds. */
export function startChecking(port: number, patience: number): Checking {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    // Else channels of this process to one port are one connection.
    'grpc.use_local_subchannel_pool': 1,
    // An Envoy does not wait a minute with its next try either.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  })
  return {
    check: (asked) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          ...([CHECK.path, asIs, asIs, bytesOf(asked), new Metadata()] as const),
          { deadline: Date.now() + patience },
          (error, bytes) => {
            if (error !== null) reject(error)
            else resolve(statusOf(bytes ?? Buffer.alloc(0)))
          },
        )
      }),
    close() {
      client.close()
    },
  }
}

/** A CheckRequest of Envoy's, as bytes. */
export function bytesOf({ method, path, token }: Asked): Buffer {
  const headers = {
    ...{ ':method': method, ':path': path, ':authority': 'localhost' },
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const http = { method, path, headers, host: 'localhost', scheme: 'http', protocol: 'HTTP/1.1' }
  const address = { socket_address: { address: '10.1.2.3', port_value: 4711 } }
  return CHECK.requestSerialize({ attributes: { source: { address }, request: { http } } })
}

function statusOf(bytes: Buffer): number {
  const { ok_response: ok, denied_response: denied } = CHECK.responseDeserialize(bytes)
  return ok === undefined ? (denied?.status?.code ?? 0) : 200
}
