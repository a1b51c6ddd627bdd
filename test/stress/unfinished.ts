import { connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHECK } from '../support/check-messages.ts'
import { message } from '../support/http2-frames.ts'

/** The gateway's limit of a message, and what it takes of them on a connection at once. */
const LONGEST = 256 * 1024
const STREAMS = 256

/**
 * Over each connection as many calls as are allowed, whose messages lack their last byte. By a client
 * that keeps to the windows of HTTP/2: any other is cut for that before it sent much.
 */
export async function unfinishedMessages(
  port: number,
  connections: number,
  lasts: number,
): Promise<void> {
  const most = message(Buffer.alloc(LONGEST)).subarray(0, -1)
  const sessions = Array.from({ length: connections }, () => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.on('error', () => undefined)
    for (let i = 0; i < STREAMS; i += 1) {
      const call = session.request({
        ...{ ':method': 'POST', ':path': CHECK.path },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      })
      call.on('error', () => undefined)
      call.write(most)
    }
    return session
  })
  const end = performance.now() + lasts
  while (performance.now() < end && sessions.some(({ destroyed }) => !destroyed)) await sleep(20)
  for (const session of sessions) session.destroy()
}
