import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { codeOf } from '../errors.ts'

export interface OutboundOptions {
  /** PEM of the CAs that servers are under, in place of those that Node.js trusts. */
  readonly authority?: string | undefined
  /** Longest time for one answer, milliseconds. */
  readonly timeout: number
  /** Longest answer, bytes. */
  readonly limit: number
  /** Looks host names up in place of the system. */
  readonly lookup?: LookupFunction
}

export interface OutboundRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface OutboundAnswer {
  readonly status: number
  readonly body: Buffer
}

/** rauth's own requests to others, with what they may take from it bounded. */
export interface Outbound {
  /** Follows no redirect. Rejects without a whole answer; the message is for the log. */
  readonly request: (request: OutboundRequest) => Promise<OutboundAnswer>
  /** Ends the connections that are kept. */
  readonly close: () => void
}

/** Connections that are kept for the next request, and how long, milliseconds. */
const KEPT = { keepAlive: true, maxFreeSockets: 16, timeout: 30_000 }

export function createOutbound(options: OutboundOptions): Outbound {
  const http = new HttpAgent(KEPT)
  const https = new HttpsAgent(KEPT)

  async function request(asked: OutboundRequest): Promise<OutboundAnswer> {
    const signal = AbortSignal.timeout(options.timeout)
    try {
      return await once(asked, signal, true)
    } catch (thrown) {
      if (signal.aborted) {
        throw new Error(`no answer within ${options.timeout / 1000} s`, { cause: thrown })
      }
      throw thrown
    }
  }

  /** A kept connection may have been closed meanwhile: then it is made anew, once. */
  function once(
    { url, method, headers = {}, body }: OutboundRequest,
    signal: AbortSignal,
    again: boolean,
  ): Promise<OutboundAnswer> {
    return new Promise((resolve, reject) => {
      const more = {
        ...{ method, signal },
        headers: {
          accept: 'application/json',
          ...headers,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
      }
      const { authority: ca } = options
      const outgoing =
        url.protocol === 'https:'
          ? requestHttps(url, { ...more, agent: https, ...(ca === undefined ? {} : { ca }) })
          : requestHttp(url, { ...more, agent: http })
      outgoing.on('error', (error) => {
        if (again && outgoing.reusedSocket && codeOf(error) === 'ECONNRESET') {
          once(
            { url, method, headers, ...(body === undefined ? {} : { body }) },
            signal,
            false,
          ).then(resolve, reject)
        } else reject(error)
      })
      outgoing.on('response', (response) => {
        read(response, options.limit).then(resolve, reject)
      })
      outgoing.end(body)
    })
  }

  return {
    request,
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

async function read(response: IncomingMessage, limit: number): Promise<OutboundAnswer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    length += (chunk as Buffer).length
    // Leaving the loop ends the connection.
    if (length > limit) throw new Error(`an answer of more than ${limit} bytes`)
    chunks.push(chunk as Buffer)
  }
  if (!response.complete) throw new Error('the answer has no end')
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) }
}
