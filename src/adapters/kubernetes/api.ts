import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Connection } from './connection.ts'
import { beginningOf } from './too-long.ts'

/** What the API server says to a request that it does not serve. */
export class ApiRefusal extends Error {
  readonly status: number
  /** How long it wants to be left alone, milliseconds; 0 if it does not say. */
  readonly retryAfter: number

  constructor(status: number, message: string, retryAfter = 0) {
    super(message)
    this.name = 'ApiRefusal'
    this.status = status
    this.retryAfter = retryAfter
  }
}

export interface GetOptions {
  readonly signal: AbortSignal
  /** Longest time until the answer begins, milliseconds. */
  readonly patience: number
}

/** GET requests to the API server. */
export interface Api {
  /**
   * The answer to a path with its query, if it is a 200; its body is not read yet. Rejects with an
   * ApiRefusal, or what the network or the signal has to say.
   */
  get(path: string, options: GetOptions): Promise<IncomingMessage>
}

export interface ApiOptions {
  readonly connection: Connection
  readonly userAgent: string
  /** Told of each answer: its status, or 0 where there was none. */
  readonly onAnswer: (status: number) => void
}

/** Of an answer that is no 200, bytes. */
const MAX_STATUS = 64 * 1024

/** Of what it says, characters: for a log line. */
const MAX_MESSAGE = 500

/** The longest that is waited because it was asked for, milliseconds. */
const MAX_RETRY_AFTER = 60_000

export function createApi({ connection, userAgent, onAnswer }: ApiOptions): Api {
  async function ask(path: string, { signal, patience }: GetOptions): Promise<IncomingMessage> {
    const { options, prefix } = await connection.way()
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const outgoing = request({
        ...options,
        ...{ method: 'GET', path: prefix + path, signal },
        headers: { ...options.headers, accept: 'application/json', 'user-agent': userAgent },
      })
      const late = setTimeout(() => {
        outgoing.destroy(new Error(`no answer within ${patience / 1000} s`))
      }, patience)
      outgoing.on('error', (error) => {
        clearTimeout(late)
        onAnswer(0)
        reject(error)
      })
      outgoing.on('response', (response) => {
        clearTimeout(late)
        onAnswer(response.statusCode ?? 0)
        resolve(response)
      })
      outgoing.end()
    })
  }

  return {
    async get(path, options) {
      let response = await ask(path, options)
      if (response.statusCode === 401) {
        // A token that was rotated meanwhile: the files have the next one.
        response.destroy()
        connection.forget()
        response = await ask(path, options)
      }
      if (response.statusCode === 200) return response
      throw await refusalOf(response, options.patience)
    },
  }
}

async function refusalOf(response: IncomingMessage, patience: number): Promise<ApiRefusal> {
  const { statusCode = 0, headers } = response
  const text = await readBody(response, { most: MAX_STATUS, patience }).catch(() => '')
  const seconds = Number(headers['retry-after'] ?? 0)
  const wait = Number.isFinite(seconds) ? Math.min(seconds * 1000, MAX_RETRY_AFTER) : 0
  const said = statusText(statusCode, parsed(text))
  const next = statusCode === 403 ? '; next: give it the rights in examples/kubernetes' : ''
  return new ApiRefusal(statusCode, said + next, Math.max(0, wait))
}

/** What a `Status` object says; it is about names and rights, never about what is in a Secret. */
export function statusText(code: number, status: unknown): string {
  const message =
    typeof status === 'object' && status !== null && 'message' in status
      ? status.message
      : undefined
  return typeof message === 'string' ? `${code}: ${message.slice(0, MAX_MESSAGE)}` : String(code)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface BodyLimits {
  /** Bytes. */
  readonly most: number
  /** Longest time without a byte, milliseconds. */
  readonly patience: number
}

/** A body was longer than allowed. */
export class TooLong extends Error {
  readonly beginning: string

  constructor(most: number, beginning: string) {
    super(`an answer of more than ${most} bytes`)
    this.beginning = beginning
  }
}

/** The text of a body. Rejects with TooLong, or when it ends before its end. */
export function readBody(
  response: IncomingMessage,
  { most, patience }: BodyLimits,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let timer: NodeJS.Timeout | undefined
    const failed = (error: Error) => {
      clearTimeout(timer)
      response.destroy()
      reject(error)
    }
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        failed(new Error(`nothing of an answer for ${patience / 1000} s`))
      }, patience)
    }
    wait()
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > most) {
        failed(new TooLong(most, beginningOf([...chunks, chunk])))
        return
      }
      chunks.push(chunk)
      wait()
    })
    response.on('error', failed)
    response.on('close', () => {
      failed(new Error('an answer broke off'))
    })
    response.on('end', () => {
      clearTimeout(timer)
      if (response.complete) resolve(Buffer.concat(chunks).toString('utf8'))
      else reject(new Error('an answer broke off'))
    })
  })
}
