import { leakIn } from './canaries.ts'
import type { RawAnswer } from './connection.ts'
import { readCorpus, type CorpusLine } from './corpus.ts'
import type { Deployment } from './deployment.ts'
import { difference, uploadIn, wasOutage, wasRefused } from './judge.ts'
import type { RawRequest } from './raw-request.ts'
import { idsOf, look, valuesOf, type Side } from './side.ts'
import { http1, type Transport } from './transport.ts'

/** Any of them: the corpus has a repository of its own. */
const CLIENT = 0

export interface Replay {
  readonly wrong: readonly string[]
  /** How many lines were sent: a transport has no word for some. */
  readonly sent: number
}

/** Sends each line of the corpus and gives what was not as it says. */
export async function replay(deployment: Deployment, transport: Transport): Promise<Replay> {
  const { front } = deployment
  const wrong: string[] = []
  let sent = 0
  const before = (await look(front)).join()
  for (const [file, lines] of readCorpus()) {
    for (const line of lines) {
      const problem = await tryOut(line, deployment, transport)
      if (problem !== UNSAID) sent += 1
      if (problem !== undefined && problem !== UNSAID) {
        wrong.push(`${line.place} (${line.expectation}): ${problem}`)
      }
    }
    if ((await look(front)).join() !== before) {
      wrong.push(`a line of ${file} changed what others have`)
      break
    }
  }
  return { wrong, sent }
}

const UNSAID = 'the transport has no word for it'

async function tryOut(
  line: CorpusLine,
  { front, oracle }: Deployment,
  transport: Transport,
): Promise<string | undefined> {
  const { request, expectation } = line
  const ids = idsOf(front)
  const got = await send(transport, front, request)
  if (got === undefined) return UNSAID
  const bare = http1(oracle.port)
  const wanted = expectation === 'same' ? await send(bare, oracle, request) : undefined
  if (wanted !== undefined) {
    // Both or none: else the two would not be asked the same afterwards.
    front.uploads[CLIENT] = uploadIn(got) ?? front.uploads[CLIENT] ?? ''
    oracle.uploads[CLIENT] = uploadIn(wanted) ?? oracle.uploads[CLIENT] ?? ''
  }
  const head = await headOf(transport, front, request)
  return (
    judge(line, got, wanted, ids) ?? (head === undefined ? undefined : disagreement(got, head, ids))
  )
}

async function send(
  transport: Transport,
  side: Side,
  request: RawRequest,
): Promise<RawAnswer | undefined> {
  const ask = () => transport.ask(request, valuesOf(side, CLIENT))
  let answer = await ask()
  if (answer !== undefined && wasOutage(answer)) answer = await ask()
  return answer
}

function judge(
  { expectation }: CorpusLine,
  got: RawAnswer,
  wanted: RawAnswer | undefined,
  ids: readonly string[],
): string | undefined {
  const leak = leakIn(got.bytes, ids)
  if (leak !== undefined) return `served ${leak}`
  if (expectation === 'denied' && !wasRefused(got)) return `reached the registry: ${got.status}`
  return wanted && difference(got, wanted)
}

/** The same with HEAD, where it is a GET. */
async function headOf(transport: Transport, side: Side, request: RawRequest) {
  return request.method === 'GET' && request.body === ''
    ? send(transport, side, { ...request, method: 'HEAD' })
    : undefined
}

/** Whoever may not GET may not HEAD, and learns as little. */
function disagreement(get: RawAnswer, head: RawAnswer, ids: readonly string[]): string | undefined {
  const leak = leakIn(head.bytes, ids)
  if (leak !== undefined) return `HEAD served ${leak}`
  // The catalog has no HEAD, at the registry either.
  if (head.status === 405) return undefined
  const same =
    wasRefused(get) === wasRefused(head) && (!wasRefused(get) || get.status === head.status)
  return same ? undefined : `HEAD is answered ${head.status}, GET ${get.status}`
}
