import { Agent, request } from 'node:https'

export type Json = Readonly<Record<string, unknown>>

/** Whom the API server takes a client for: by a client certificate or by a bearer token. */
export type Identity =
  { readonly certificate: string; readonly key: string } | { readonly token: string }

/** Where an API server is and how it is known. */
export interface ApiServer {
  readonly port: number
  /** The CA of its certificate, PEM. */
  readonly authority: string
}

export interface ApiAnswer {
  readonly status: number
  /** What it sent: an object, or a Status when it refused. */
  readonly body: Json
}

/** One client's way to the API server; what is refused is an answer like any other. */
export interface Api {
  /** A text is YAML as somebody wrote it; everything else goes as JSON. */
  send(method: string, path: string, body?: Json | string): Promise<ApiAnswer>
  /** The body, of an answer that must be good. */
  expect(method: string, path: string, body?: Json | string): Promise<Json>
  close(): void
}

/** Milliseconds. */
const PATIENCE = 20_000

export function createApi({ port, authority }: ApiServer, identity: Identity): Api {
  const token = 'token' in identity ? identity.token : undefined
  const pair = 'token' in identity ? {} : { cert: identity.certificate, key: identity.key }
  const agent = new Agent({ keepAlive: true, ca: authority, ...pair })

  function send(method: string, path: string, body?: Json | string): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        ...{ host: '127.0.0.1', port, method, path, agent, timeout: PATIENCE },
        headers: {
          accept: 'application/json',
          'content-type': contentTypeOf(method, body),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)))
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parsed(text) })
        })
      })
      outgoing.end(typeof body === 'object' ? JSON.stringify(body) : body)
    })
  }

  return {
    send,
    async expect(method, path, body) {
      const answer = await send(method, path, body)
      if (answer.status < 300) return answer.body
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    },
    close() {
      agent.destroy()
    },
  }
}

/** A patch is one by RFC 7396. */
function contentTypeOf(method: string, body: Json | string | undefined): string {
  if (typeof body === 'string') return 'application/yaml'
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}

/** `/readyz` answers with a plain text. */
function parsed(text: string): Json {
  return text.startsWith('{') ? (JSON.parse(text) as Json) : { text }
}
