import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
import { CHECK, type WireResponse } from './check-messages.ts'

/** What the gateway says of a request, asked as Envoy asks it. */
export interface GatewayWord {
  /** 200 lets the request pass. */
  readonly status: number
  /** What it would set, and what it would have taken away. */
  readonly headers: Readonly<Record<string, string>>
  readonly removes: readonly string[]
}

export interface GatewayAsker {
  ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<GatewayWord>
  close(): void
}

const asIs = (bytes: Buffer): Buffer => bytes

export function gatewayAsker(port: number): GatewayAsker {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  return {
    ask: (method, path, given) =>
      new Promise((resolve, reject) => {
        const headers = { ':method': method, ':path': path, ...given }
        const http = { method, path, headers, host: 'localhost', scheme: 'http' }
        const address = { socket_address: { address: '127.0.0.1', port_value: 4711 } }
        const request = { attributes: { source: { address }, request: { http } } }
        const deadline = { deadline: Date.now() + 10_000 }
        const bytes = CHECK.requestSerialize(request)
        client.makeUnaryRequest(
          CHECK.path,
          asIs,
          asIs,
          bytes,
          new Metadata(),
          deadline,
          (error, answer) => {
            if (error !== null) reject(error)
            else resolve(wordOf(CHECK.responseDeserialize(answer ?? Buffer.alloc(0))))
          },
        )
      }),
    close() {
      client.close()
    },
  }
}

/** What a request is answered that {@link startRefuser} was asked about: rauth itself never says it. */
export const ASKED = 418

/** A gateway that refuses whatever it is asked about. */
export async function startRefuser(): Promise<{ readonly port: number; stop(): void }> {
  const server = new Server()
  const answer = { status: { code: 7 }, denied_response: { status: { code: ASKED } } }
  server.addService(
    { Check: CHECK },
    {
      Check(_: unknown, done: (error: null, response: object) => void) {
        done(null, answer)
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  return {
    port,
    stop: () => {
      server.forceShutdown()
    },
  }
}

function wordOf({ ok_response: ok, denied_response: denied }: WireResponse): GatewayWord {
  const headers = (ok?.headers ?? []).map(({ header }) => [header.key, header.value] as const)
  return {
    status: ok === undefined ? (denied?.status?.code ?? 0) : 200,
    headers: Object.fromEntries(headers),
    removes: ok?.headers_to_remove ?? [],
  }
}
