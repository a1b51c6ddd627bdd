import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { answerLength } from './answers.ts'

export interface LoadOptions {
  readonly port: number
  /** One whole HTTP/1.1 request without body. */
  readonly request: string
  readonly connections: number
  readonly seconds: number
  /** Requests a second over all connections, open loop; without it as fast as answers come. */
  readonly rate?: number
}

export interface LoadResult {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
}

/**
 * Sends the same request over keep-alive connections and times each answer. With a rate, latency
 * counts from the moment the request was due, so that a stall is seen by every request it delays.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { port, request, connections, seconds, rate } = options
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const begin = performance.now()
  const end = begin + seconds * 1000
  const interval = rate === undefined ? 0 : (1000 * connections) / rate

  const drive = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      let due = begin + (interval * index) / connections
      let buffer = Buffer.alloc(0)
      const send = () => {
        const now = performance.now()
        if (now >= end) {
          socket.destroy()
          resolve()
        } else if (interval > 0 && now < due) {
          setTimeout(send, due - now)
        } else {
          if (interval === 0) due = now
          socket.write(request)
        }
      }
      socket.setNoDelay(true)
      socket.on('connect', send)
      socket.on('error', reject)
      socket.on('close', () => {
        if (performance.now() < end) reject(new Error(`port ${String(port)} closed a connection`))
      })
      socket.on('data', (chunk) => {
        buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
        const length = answerLength(buffer)
        if (length === 0) return
        const status = buffer.toString('latin1', 9, 12)
        statuses[status] = (statuses[status] ?? 0) + 1
        latencies.push(performance.now() - due)
        buffer = buffer.subarray(length)
        due += interval
        send()
      })
    })
  await Promise.all(Array.from({ length: connections }, (_, index) => drive(index)))

  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? NaN
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), statuses }
}
