import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { messageOf } from '../../errors.ts'
import type { Mapping } from '../../mapping.ts'
import { readBody } from './answer-body.ts'
import { refusalOf } from './api-refusal.ts'
import type { Connection } from './connection.ts'
import { parseObject } from './parse-object.ts'
import { writeBody, type SentBody } from './sent-body.ts'
import { MAX_TEXT } from './text-limit.ts'

export interface GetOptions {
  readonly signal: AbortSignal
  /** Longest time until the answer begins, milliseconds. */
  readonly patience: number
  /** Media type of the answer; `application/json` without. */
  readonly accept?: string
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * What a body is, of PATCH the kind of the patch: RFC 7396, or server-side apply, whose YAML may be JSON.
 * The latter wants `fieldManager` in the query.
 */
export type ContentType =
  'application/json' | 'application/merge-patch+json' | 'application/apply-patch+yaml'

export interface SendOptions {
  /**
   * An object, or the options of a DELETE. A `Redacted` in it is sent as what it holds; neither that nor what is in
   * `data` and `stringData` of a Secret is ever in an error.
   */
  readonly body?: Mapping
  /** `application/json` without: PATCH needs another. */
  readonly contentType?: ContentType
  readonly signal: AbortSignal
  /** Longest time until the answer begins, and without a byte of it, milliseconds. */
  readonly patience: number
  readonly accept?: string
}

/** Requests to the API server. */
export interface Api {
  /**
   * The answer to a path with its query, if it is a 200; its body is not read yet. Rejects with an
   * ApiRefusal, or what the network or the signal has to say.
   */
  get(path: string, options: GetOptions): Promise<IncomingMessage>
  /**
   * The object in a good answer (2xx), of no more than MAX_TEXT bytes. Rejects as `get` does; after a rejection
   * that is no ApiRefusal what was asked for may have been done all the same. Nothing is sent twice, but after a
   * 401, which did nothing.
   */
  send(method: Method, path: string, options: SendOptions): Promise<Mapping>
}

export interface ApiOptions {
  readonly connection: Connection
  readonly userAgent: string
  /** Told of each answer: its status, or 0 where there was none. */
  readonly onAnswer: (status: number) => void
}

const UNTRUSTED = 'the certificate of the API server is not trusted'
const TRUST =
  'next: give the kubeconfig, or the ca.crt of the pod, the CA that it is under; each try reads that'

/** Whether a connection ended since the other side's certificate was not good. */
function isUntrusted(socket: Socket | null): boolean {
  // Its types say that there always is one.
  const why = socket instanceof TLSSocket ? (socket.authorizationError as unknown) : undefined
  return why !== undefined && why !== null
}

interface Asked extends GetOptions {
  readonly method: Method
  readonly path: string
  readonly body?: SentBody | undefined
  readonly contentType?: ContentType | undefined
}

export function createApi({ connection, userAgent, onAnswer }: ApiOptions): Api {
  async function once(asked: Asked): Promise<IncomingMessage> {
    const { method, signal, patience, body, accept = 'application/json' } = asked
    const { options, prefix } = await connection.way()
    signal.throwIfAborted()
    // As many requests as there are may end by one signal; Node 20 takes more than ten for a leak.
    setMaxListeners(0, signal)
    const about =
      body === undefined
        ? {}
        : {
            'content-type': asked.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body.text),
          }
    return new Promise((resolve, reject) => {
      const outgoing = request({
        ...options,
        ...{ method, path: prefix + asked.path, signal },
        headers: { ...options.headers, ...about, accept, 'user-agent': userAgent },
      })
      const late = setTimeout(() => {
        outgoing.destroy(new Error(`no answer within ${patience / 1000} s`))
      }, patience)
      outgoing.on('error', (error) => {
        clearTimeout(late)
        onAnswer(0)
        if (!isUntrusted(outgoing.socket)) {
          reject(error)
          return
        }
        // It has a new CA, perhaps, and the files have that by now or soon.
        connection.forget()
        reject(new Error(`${UNTRUSTED} (${messageOf(error)}); ${TRUST}`, { cause: error }))
      })
      outgoing.on('response', (response) => {
        clearTimeout(late)
        onAnswer(response.statusCode ?? 0)
        resolve(response)
      })
      outgoing.end(body?.text)
    })
  }

  async function ask(asked: Asked): Promise<IncomingMessage> {
    const response = await once(asked)
    if (response.statusCode !== 401) return response
    // A token that was rotated meanwhile: the files have the next one.
    response.destroy()
    connection.forget()
    return once(asked)
  }

  return {
    async get(path, options) {
      const response = await ask({ ...options, method: 'GET', path })
      if (response.statusCode === 200) return response
      throw await refusalOf(response, options)
    },
    async send(method, path, { body, ...options }) {
      const { patience } = options
      const sent = body && writeBody(body, path)
      const response = await ask({ ...options, method, path, body: sent })
      const { statusCode = 0 } = response
      if (statusCode < 200 || statusCode > 299) {
        throw await refusalOf(response, { patience, ...(sent && { betrays: sent.betrays }) })
      }
      const object = parseObject(await readBody(response, { most: MAX_TEXT, patience }))
      if (object === undefined) throw new Error('an answer that is no object')
      return object
    },
  }
}
