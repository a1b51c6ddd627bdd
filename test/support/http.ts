import { request, type Agent } from 'node:http'
import { Readable } from 'node:stream'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** A stream goes out chunked, as fast as it gives. */
  readonly body?: string | Buffer | Readable
  /** Address of this machine that it comes from, 127.0.0.1 if none is given. */
  readonly from?: string
  /** Whose connections are used; without, one that is for this alone. */
  readonly agent?: Agent
  /** How long nothing may go on, milliseconds; 20,000 without. */
  readonly patience?: number
}

/** One request whose path goes out byte for byte: fetch would tidy `..`, `%2F` and `\`. */
export function ask(port: number, path: string, question: Question = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, from, agent = false, patience = 20_000 } = question
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path: '/',
      agent,
      ...(from === undefined ? {} : { localAddress: from }),
      headers: {
        host: `localhost:${String(port)}`,
        ...(body === undefined || body instanceof Readable
          ? {}
          : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      } as Record<string, string>,
    })
    // node:http refuses some of the paths that an attacker would send.
    outgoing.path = path
    outgoing.setTimeout(patience, () => {
      outgoing.destroy(new Error(`no answer to ${method} ${path}`))
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => {
        const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(flat) as Record<string, string>,
          body: text,
        })
      })
    })
    if (body instanceof Readable) body.pipe(outgoing)
    else outgoing.end(body)
  })
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A token from the realm; fails unless it is given one. */
export async function fetchToken(
  port: number,
  { username, password }: { readonly username: string; readonly password: string },
  service: string,
  ...scopes: readonly string[]
): Promise<string> {
  const query = new URLSearchParams({ service })
  for (const scope of scopes) query.append('scope', scope)
  const answer = await ask(port, `/token?${query.toString()}`, {
    headers: { authorization: basic(username, password) },
  })
  if (answer.status !== 200) throw new Error(`/token: ${String(answer.status)} ${answer.body}`)
  return (JSON.parse(answer.body) as { token: string }).token
}
