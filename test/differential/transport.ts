import { connect, constants, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2'
import { askAlone, type RawAnswer } from './connection.ts'
import { ABSENT, fill, toBytes, type RawRequest, type Values } from './raw-request.ts'

/** A way to send a request; `undefined`: it has no word for such a one. */
export interface Transport {
  ask(request: RawRequest, values: Values): Promise<RawAnswer | undefined>
  close(): void
}

export function http1(port: number): Transport {
  return {
    ask: (request, values) => askAlone(port, toBytes(request, values), request.method),
    close: () => undefined,
  }
}

/** `origin` is `http://` for HTTP/2 from the first byte on, or `https://`. */
export function http2(origin: string): Transport {
  let session: ClientHttp2Session | undefined
  return {
    ask(request, values) {
      const headers = headersOf(request, values)
      if (headers === undefined) return Promise.resolve(undefined)
      if (session === undefined || session.closed || session.destroyed) {
        session = connect(origin, { rejectUnauthorized: false })
        // The stream fails with it, and tells.
        session.on('error', () => undefined)
      }
      return exchange(session, headers, fill(request.body, values))
    },
    close: () => session?.destroy(),
  }
}

/** Of the connection, or said by pseudo-headers: HTTP/2 has none of these (RFC 9113 §8.2.2). */
const NOT_IN_HTTP2 = ['connection', 'transfer-encoding', 'upgrade', 'http2-settings', 'host']

function headersOf(request: RawRequest, values: Values): OutgoingHttpHeaders | undefined {
  const headers: OutgoingHttpHeaders = {
    ':method': request.method,
    ':path': fill(request.target, values),
    authorization: `Bearer ${values['token'] ?? ''}`,
  }
  const seen = new Set<string>()
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase()
    if (NOT_IN_HTTP2.includes(key)) return undefined
    if (seen.has(key)) {
      // Node sends neither of these twice.
      if (key === 'authorization' || key.startsWith('content-')) return undefined
      headers[key] = `${String(headers[key])}, ${fill(value, values)}`
    } else headers[key] = value === ABSENT ? undefined : fill(value, values)
    seen.add(key)
  }
  return headers
}

function exchange(
  session: ClientHttp2Session,
  outgoing: OutgoingHttpHeaders,
  body: string,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let status = 0
    let text = ''
    const headers = new Map<string, string>()
    const stream = session.request(outgoing, { endStream: false })
    stream.setTimeout(15_000, () => {
      stream.close(constants.NGHTTP2_CANCEL)
    })
    stream.setEncoding('latin1')
    stream.on('response', (incoming) => {
      for (const [name, value] of Object.entries(incoming)) headers.set(name, String(value))
      status = incoming[':status'] ?? 0
    })
    stream.on('data', (chunk: string) => (text += chunk))
    stream.on('error', () => undefined)
    stream.on('close', () => {
      const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const bytes = `HTTP/1.1 ${status} \r\n${lines}\r\n${text}`
      resolve({ status, headers, body: text, bytes })
    })
    stream.end(Buffer.from(body, 'latin1'))
  })
}
