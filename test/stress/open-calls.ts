import { connect, type ClientHttp2Stream } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHECK } from '../support/check-messages.ts'
import { message } from '../support/http2-frames.ts'

/** The gateway's limit of a message, and what it takes of them on a connection at once. */
const LONGEST = 256 * 1024
const STREAMS = 256

const LARGE = message(Buffer.alloc(LONGEST))

/** Calls that can hold much for long, by what is sent in each. */
export const OPEN_CALLS = {
  /** The last byte never comes. */
  unfinished: { sent: [LARGE.subarray(0, -1)], ended: false, window: undefined },
  /** One message too many: it is answered at once, and never ended by the client. */
  answered: { sent: [LARGE, message(Buffer.alloc(0))], ended: false, window: undefined },
  /** Nobody lets the answer come. */
  unread: { sent: [LARGE], ended: true, window: 0 },
} as const

/**
 * Over each connection as many calls as are allowed, until all are closed, by themselves or with their
 * connection, or for `lasts` milliseconds. By a client that keeps to the windows of HTTP/2:
 * any other is cut for that before it sent much.
 */
export async function openCalls(
  port: number,
  kind: keyof typeof OPEN_CALLS,
  { connections, lasts }: { readonly connections: number; readonly lasts: number },
): Promise<void> {
  const { sent, ended, window } = OPEN_CALLS[kind]
  const settings = window === undefined ? {} : { initialWindowSize: window }
  const calls: ClientHttp2Stream[] = []
  const sessions = Array.from({ length: connections }, () => {
    const session = connect(`http://127.0.0.1:${port}`, { settings })
    session.on('error', () => undefined)
    for (let i = 0; i < STREAMS; i += 1) {
      const call = session.request({
        ...{ ':method': 'POST', ':path': CHECK.path },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      })
      call.on('error', () => undefined)
      calls.push(call)
      for (const bytes of sent) call.write(bytes)
      if (ended) call.end()
    }
    return session
  })
  const end = performance.now() + lasts
  while (performance.now() < end && calls.some(isOpen)) await sleep(20)
  for (const session of sessions) session.destroy()
}

function isOpen({ closed, destroyed }: ClientHttp2Stream): boolean {
  return !closed && !destroyed
}
