import { request } from 'node:http'
import { request as requestTls } from 'node:https'

/**
 * Begins an upload whose body never ends, without a token. The status of the answer; `undefined`: whoever
 * was asked waits for the body. Milliseconds. Rejects where nobody listens.
 */
export function askBeforeBody(url: URL, timeout: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestTls : request
    const outgoing = send(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
    })
    const end = (status: number | undefined) => {
      clearTimeout(timer)
      outgoing.destroy()
      resolve(status)
    }
    const timer = setTimeout(() => {
      end(undefined)
    }, timeout)
    outgoing.on('response', ({ statusCode }) => {
      end(statusCode)
    })
    outgoing.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    outgoing.write('the beginning')
  })
}
