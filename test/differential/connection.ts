import { connect, type Socket } from 'node:net'

/** Milliseconds; far more than any answer takes. */
const PATIENCE = 15_000

export interface RawAnswer {
  /** 0 when none came. */
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** All that came, one character a byte: an answer that was not asked for is in it, too. */
  readonly bytes: string
}

/**
 * One connection to a server that is asked one thing after the other. What the server closes is
 * opened again.
 */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Sends bytes and reads one answer; to HEAD it has no body. */
  async ask(bytes: Buffer, method: string): Promise<RawAnswer> {
    const kept = this.#socket !== undefined
    const answer = await this.#exchange(bytes, method)
    // The server may have closed a kept connection in the same moment; it has then read nothing.
    if (answer.bytes === '' && kept && this.#socket === undefined) {
      return this.#exchange(bytes, method)
    }
    return answer
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #exchange(bytes: Buffer, method: string): Promise<RawAnswer> {
    this.#socket ??= open(this.#port)
    const socket = this.#socket
    return new Promise((resolve) => {
      let text = ''
      const finish = (answer: RawAnswer, keep: boolean) => {
        clearTimeout(timer)
        socket.removeAllListeners()
        socket.on('error', () => undefined)
        // Closed while nobody asks.
        socket.once('close', () => {
          if (this.#socket === socket) this.#socket = undefined
        })
        if (!keep) this.close()
        resolve(answer)
      }
      const give = (ended: boolean) => {
        const answer = readAnswer(text, method, ended)
        if (answer !== undefined) {
          finish(answer, !ended && answer.headers.get('connection') !== 'close')
        } else if (ended) finish({ status: 0, headers: new Map(), body: '', bytes: text }, false)
      }
      const timer = setTimeout(() => {
        give(true)
      }, PATIENCE)
      socket.removeAllListeners()
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        give(false)
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        give(true)
      })
      socket.write(bytes)
    })
  }
}

const LAST = 'GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/**
 * Sends bytes whose length the server may see otherwise, on a connection of their own. A request to
 * close comes after them, so that the server ends it, and all answers until then are in `bytes`.
 */
export function askAlone(port: number, bytes: Buffer, method: string): Promise<RawAnswer> {
  const socket = open(port)
  return new Promise((resolve) => {
    let text = ''
    const end = () => {
      clearTimeout(timer)
      socket.removeAllListeners('close').destroy()
      const none = { status: 0, headers: new Map<string, string>(), body: '' }
      resolve({ ...(readAnswer(text, method, true) ?? none), bytes: text })
    }
    const timer = setTimeout(end, PATIENCE)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      // Servers say of their last answer that it is, and close only some time after it.
      if (isLast(text, method)) end()
    })
    socket.on('error', () => undefined)
    socket.on('close', end)
    socket.write(Buffer.concat([bytes, Buffer.from(LAST)]))
  })
}

function open(port: number): Socket {
  return connect({ host: '127.0.0.1', port, noDelay: true })
}

/** Whether the text ends with a whole answer after which there is none. */
function isLast(text: string, method: string): boolean {
  const begin = [...text.matchAll(/HTTP\/1\.1 \d{3} /g)].at(-1)?.index ?? 0
  const last = readAnswer(text.slice(begin), begin === 0 ? method : 'GET', false)
  return last?.headers.get('connection') === 'close'
}

/** The first answer in the text; `undefined`: it is not there yet. */
function readAnswer(text: string, method: string, ended: boolean): RawAnswer | undefined {
  let begin = 0
  for (;;) {
    const blank = text.indexOf('\r\n\r\n', begin)
    if (blank < 0) return undefined
    const [statusLine = '', ...lines] = text.slice(begin, blank).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0)
    const rest = blank + 4
    if (status >= 100 && status < 200 && status !== 101) {
      begin = rest
      continue
    }
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
      headers.set(name, headers.has(name) ? `${headers.get(name) ?? ''}, ${value}` : value)
    }
    const body = readBody(text.slice(rest), status, method, headers, ended)
    return body === undefined ? undefined : { status, headers, body, bytes: text }
  }
}

function readBody(
  text: string,
  status: number,
  method: string,
  headers: ReadonlyMap<string, string>,
  ended: boolean,
): string | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return ''
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(text, ended)
  const length = headers.get('content-length')
  if (length === undefined) return ended ? text : undefined
  return text.length >= Number(length) || ended ? text.slice(0, Number(length)) : undefined
}

function readChunks(text: string, ended: boolean): string | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return ended ? body : undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    if (size === 0) return text.indexOf('\r\n', line + 2) < 0 && !ended ? undefined : body
    if (text.length < line + 2 + size + 2 && !ended) return undefined
    body += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
    if (Number.isNaN(size) || at > text.length) return body
  }
}
