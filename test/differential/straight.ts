import { connect } from 'node:net'
import { basic } from '../support/http.ts'
import type { Stack } from '../support/stack.ts'
import { readCorpus } from './corpus.ts'
import type { Deployment } from './deployment.ts'
import { generate } from './generate.ts'
import { toBytes, toLine, type RawRequest } from './raw-request.ts'
import { recordsOf } from './records.ts'
import { valuesOf } from './side.ts'

/** Requests at a time: some are answered only once they are waited for too long. */
const AT_ONCE = 48

export interface StraightReport {
  /** Answers that have no record, and records that nobody was answered. */
  readonly wrong: readonly string[]
  readonly answers: number
}

/**
 * Sends the corpus, and so many generated requests, straight to rauth's HTTP ports, as whoever comes past Envoy
 * could: to the gateway, and to the token service in three forms, of which two are its own paths with whatever
 * else is odd in the request. Counts answers on the wire, and records.
 */
export async function askStraight(
  { stack, front }: Deployment,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<StraightReport> {
  const requests = [
    ...[...readCorpus().values()].flat().map(({ request }) => request),
    ...Array.from({ length: count }, (_, index) => generate(seed, index).request),
  ]
  const before = await recordsOf(stack)
  const told = new Map<string, string>()
  const wrong: string[] = []
  let answers = 0
  const left = requests.flatMap((request, index) => formsOf(request, stack, index))
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { port, request } = next
      const bytes = toBytes(request, valuesOf(front, 0))
      const text = await exchange(port, bytes)
      answers += answersIn(text)
      for (const [, id = ''] of text.matchAll(/"decision":"([^"]+)"/g)) {
        if (told.has(id)) wrong.push(`an id was told twice: ${toLine(request)}`)
        told.set(id, `${port === stack.token ? 'token' : 'gateway'}: ${toLine(request)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const known = new Set(before.map(({ id }) => id))
  const made = (await recordsOf(stack)).filter(({ id }) => !known.has(id))
  const records = new Map(made.map((record) => [record.id, record]))
  for (const [id, line] of told) {
    if ((records.get(id)?.outcome ?? 'allowed') === 'allowed') wrong.push(`no record of ${line}`)
  }
  if (made.length !== answers) wrong.push(`${answers} answers, and ${made.length} records`)
  return { wrong, answers }
}

interface Sent {
  readonly port: number
  readonly request: RawRequest
}

function formsOf(request: RawRequest, stack: Stack, index: number): readonly Sent[] {
  const mark = request.target.indexOf('?')
  const query = mark < 0 ? '' : request.target.slice(mark)
  const { username, password } = stack.login('team-a')
  const named = request.headers.some(([name]) => name.toLowerCase() === 'authorization')
  const login: RawRequest['headers'] =
    named || index % 2 === 0 ? [] : [['Authorization', basic(username, password)]]
  const headers = [...login, ...request.headers]
  const service = `${query === '' ? '?' : `${query}&`}service=${stack.service}`
  const own = [request.target, `/token${index % 3 === 0 ? query : service}`, `/v2/_catalog${query}`]
  return [
    { port: stack.gatewayHttp, request },
    { port: stack.token, request: { ...request, headers, target: own[index % 3] ?? '' } },
  ]
}

const LAST = 'GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

/** How long nothing comes before the last request is sent, milliseconds: before any answer, and after one. */
const [QUIET, ANSWERED] = [1_000, 50]
/** Longer than rauth waits for a request, milliseconds. */
const PATIENCE = 20_000

/**
 * All that comes back to these bytes. A request to close is sent only once they are answered: of what comes
 * behind a request that ends the connection, rauth decides some, and nobody is told.
 */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const last = () => socket.write(LAST)
    let quiet = setTimeout(last, QUIET)
    const limit = setTimeout(() => socket.destroy(), PATIENCE)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      clearTimeout(quiet)
      if (!text.includes('Connection: close')) quiet = setTimeout(last, ANSWERED)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(quiet)
      clearTimeout(limit)
      resolve(text)
    })
    socket.write(bytes)
  })
}

/** Final ones: what only says that it goes on is none. */
function answersIn(bytes: string): number {
  return [...bytes.matchAll(/HTTP\/1\.1 [2-5]\d\d [A-Z]/g)].length
}
