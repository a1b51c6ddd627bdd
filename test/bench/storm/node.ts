import { connect, type Socket } from 'node:net'
import { answerLength } from '../answers.ts'

/** What a node of a cluster pulls, and as whom. */
export interface Pull {
  readonly port: number
  readonly service: string
  readonly username: string
  readonly password: string
  readonly repository: string
  readonly layers: number
}

/** Told of each answer: its status, and milliseconds from the request to its end. */
export type Answered = (status: number, milliseconds: number) => void

const digest = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`

/** What a node asks of a registry, as containerd does: HEAD, token, HEAD, manifest, configuration, layers. */
export const requestsOf = ({ layers }: Pick<Pull, 'layers'>): number => 5 + layers

/**
 * Pulls one image over one connection, request after request. Rejects with what came in place of the
 * answer that a pull needs.
 */
export async function pull(one: Pull, answered: Answered): Promise<void> {
  const { port, service, username, password, repository, layers } = one
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  const ask = asker(socket, answered)
  const path = `/v2/${repository}`
  const host = `Host: localhost:${port}\r\n`
  async function read(method: string, target: string, token?: string): Promise<void> {
    const bearer = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
    const expected = token === undefined ? 401 : 200
    const { status, body } = await ask(
      `${method} ${path}/${target} HTTP/1.1\r\n${host}${bearer}\r\n`,
    )
    if (status !== expected) throw new Error(`${method} ${target}: ${status} ${body}`)
  }
  try {
    await connected(socket)
    // containerd asks for tags with HEAD; that has a length of what is not sent, which would be one form more here.
    await read('GET', 'manifests/v1')
    const form = new URLSearchParams({
      ...{ grant_type: 'password', client_id: 'containerd-client', service, username, password },
      scope: `repository:${repository}:pull`,
    }).toString()
    const { status, body } = await ask(
      `POST /token HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\n` +
        `Content-Length: ${Buffer.byteLength(form)}\r\n\r\n${form}`,
    )
    if (status !== 200) throw new Error(`/token: ${status} ${body}`)
    const { access_token: token } = JSON.parse(body) as { access_token: string }
    await read('GET', 'manifests/v1', token)
    await read('GET', `manifests/${digest(0)}`, token)
    for (let n = 0; n <= layers; n += 1) await read('GET', `blobs/${digest(n)}`, token)
  } finally {
    socket.destroy()
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
}

/** Sends a request and gives the answer to it; one at a time. */
function asker(socket: Socket, answered: Answered) {
  let buffer: Buffer = Buffer.alloc(0)
  let take: ((answer: { readonly status: number; readonly body: string }) => void) | undefined
  let fail: (error: Error) => void = () => undefined
  let sent = 0
  socket.on('data', (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
    const length = answerLength(buffer)
    if (length === 0) return
    const status = Number(buffer.toString('latin1', 9, 12))
    const body = buffer.toString('utf8', buffer.indexOf('\r\n\r\n') + 4, length)
    buffer = buffer.subarray(length)
    answered(status, performance.now() - sent)
    take?.({ status, body })
  })
  const ended = (error?: Error) => {
    fail(error ?? new Error('the connection was closed'))
  }
  socket.on('error', ended)
  socket.on('close', () => {
    ended()
  })
  return (request: string) =>
    new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
      take = resolve
      fail = reject
      sent = performance.now()
      socket.write(request)
    })
}
