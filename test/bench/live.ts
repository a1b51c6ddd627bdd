import { connect, type Socket } from 'node:net'
import { ask, fetchToken } from '../support/http.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { load } from './load.ts'
import { median } from './statistics.ts'

const LOGIN = { username: 'team-a', password: 'a long random text' }
const WATCHERS = 10
const [ROUNDS, SECONDS, CONNECTIONS] = [3, 6, 16]
/** Checks a second; fewer where the machine does not do as many. */
const RATES = [4_000, 8_000]

interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** How late the event loop was, p99, milliseconds. */
  readonly lag: number
  /** MiB. */
  readonly memory: number
}

/** Checks that are denied, the most that the live view has to show, with ten who watch and with none. */
export async function benchLive(): Promise<readonly string[]> {
  const serving = await startServing({
    logins: [LOGIN],
    config: { liveView: { enabled: true } },
  })
  try {
    const token = await fetchToken(serving.token, LOGIN, SERVICE, 'repository:team-a/app:pull')
    const request =
      'GET /v2/team-b/app/manifests/v1 HTTP/1.1\r\nhost: localhost\r\n' +
      `authorization: Bearer ${token}\r\n\r\n`
    const lines: string[] = []
    for (const rate of RATES) lines.push(...(await compare(serving, request, rate)))
    return lines
  } finally {
    await serving.stop()
  }
}

async function compare(
  { gatewayHttp, operations }: Serving,
  request: string,
  rate: number,
): Promise<readonly string[]> {
  const measured: Record<'none' | 'ten', Measured[]> = { none: [], ten: [] }
  const round = async (): Promise<Measured> => {
    // The lag is that since somebody last looked.
    await ask(operations, '/metrics')
    const { statuses, ...times } = await load({
      ...{ port: gatewayHttp, request, connections: CONNECTIONS, seconds: SECONDS, rate },
    })
    if (Object.keys(statuses).join() !== '403') throw new Error(JSON.stringify(statuses))
    const { body } = await ask(operations, '/metrics')
    const figure = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(body)?.[1])
    const lag = figure('nodejs_eventloop_lag_p99_seconds') * 1000
    return { ...times, lag, memory: figure('process_resident_memory_bytes') / 2 ** 20 }
  }
  await round()
  for (let i = 0; i < ROUNDS; i += 1) {
    measured.none.push(await round())
    const watchers = Array.from({ length: WATCHERS }, () => watch(operations))
    measured.ten.push(await round())
    for (const { socket, read } of watchers) {
      socket.destroy()
      if (read() < 10_000) throw new Error('a stream had nothing in it')
    }
  }
  const of = (which: keyof typeof measured, key: keyof Measured) =>
    median(measured[which].map((one) => one[key]))
  const line = (which: keyof typeof measured) =>
    `${of(which, 'perSecond').toFixed(0)}/s, p50 ${of(which, 'p50').toFixed(2)} ms, ` +
    `p99 ${of(which, 'p99').toFixed(2)} ms, event loop p99 ${of(which, 'lag').toFixed(1)} ms, ` +
    `${of(which, 'memory').toFixed(0)} MiB`
  const ratio = (key: keyof Measured) => (of('ten', key) / of('none', key)).toFixed(2)
  return [
    `denied checks, nobody watches: ${line('none')}`,
    `denied checks, ${WATCHERS} watch: ${line('ten')}`,
    `ratio: p50 ${ratio('p50')}, p99 ${ratio('p99')}, event loop ${ratio('lag')}, memory ${ratio('memory')}`,
  ]
}

function watch(port: number): { readonly socket: Socket; readonly read: () => number } {
  let bytes = 0
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => (bytes += chunk.length))
  socket.write(`GET /live/stream HTTP/1.1\r\nhost: localhost:${port}\r\n\r\n`)
  return { socket, read: () => bytes }
}
