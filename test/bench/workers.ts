import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Child } from '../../tools/stack/child.ts'
import { ask, basic, fetchToken } from '../support/http.ts'
import { childrenOf, processorTime, residentMemory } from '../support/process-figures.ts'
import { SERVICE, startServing, type Serving } from '../support/serving.ts'
import { startFront, withStreams } from './check/fronts.ts'
import { load, type LoadResult } from './load.ts'
import { median, spread } from './statistics.ts'

const ROUNDS = 5
const SECONDS = 4
const CONNECTIONS = 16
const LOGIN = { username: 'team-a', password: 'correct-horse-battery' }
const SCOPE = 'repository:team-a/app:pull'

/** One rauth, and an Envoy with a thread for each of two workers in front of it. */
interface Contestant {
  readonly workers: number
  readonly serving: Serving
  readonly front: { readonly child: Child; readonly port: number }
  /** Of the first process, and of those that answer. */
  readonly pids: readonly number[]
}

interface Round {
  readonly result: LoadResult
  /** Processor time for each request, µs: of all processes of rauth, and of all else that is needed. */
  readonly own: number
  readonly others: number
  /** Of rauth's, each process's, in the order of its pids. */
  readonly shares: readonly number[]
}

const KINDS = ['tokens, each signed', 'checks through Envoy'] as const
type Kind = (typeof KINDS)[number]

/**
 * Two workers beside one process, at tokens and at checks. The load generator, and Envoy, need the same cores, so that what
 * is seen is less than what two cores of rauth's own do: processor time for each request says that.
 */
export async function benchWorkers(): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-bench-'))
  const contestants: Contestant[] = []
  try {
    for (const workers of [1, 2]) contestants.push(await start(directory, workers))
    for (const { serving, front } of contestants) await checkAnswers(serving, front.port)
    const lines: string[] = []
    for (const kind of KINDS) lines.push(...(await compare(kind, contestants)))
    const [, two] = contestants
    if (two !== undefined) lines.push(...(await spreadOf(directory, two)))
    return [...lines, ...contestants.map(memoryOf)]
  } finally {
    for (const { serving, front } of contestants) {
      await front.child.stop()
      await serving.stop()
    }
    await rm(directory, { recursive: true, force: true })
  }
}

async function start(directory: string, workers: number): Promise<Contestant> {
  const config = { workers, token: { reuse: '0s' } }
  const serving = await startServing({ logins: [LOGIN], config })
  const front = await startFront(directory, `workers-${workers}`, serving.gateway, undefined, {
    concurrency: 2,
  })
  const { pid } = serving.child
  const pids = [pid, ...childrenOf(pid)]
  return { workers, serving, front, pids }
}

/** What is measured must be decisions. */
async function checkAnswers(serving: Serving, envoy: number): Promise<void> {
  const token = await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)
  const wrong = basic(LOGIN.username, 'wrong')
  const cases = [
    [serving.token, `/token?service=${SERVICE}`, basic(LOGIN.username, LOGIN.password), 200],
    [serving.token, `/token?service=${SERVICE}`, wrong, 401],
    [envoy, '/v2/team-a/app/manifests/v1', `Bearer ${token}`, 200],
    [envoy, '/v2/team-b/app/manifests/v1', `Bearer ${token}`, 403],
    [envoy, '/v2/team-a/app/manifests/v1', `Bearer ${token.slice(0, -8)}AAAAAAAA`, 401],
  ] as const
  for (const [port, target, authorization, expected] of cases) {
    const { status } = await ask(port, target, { headers: { authorization } })
    if (status !== expected) throw new Error(`${target} was answered with ${status}`)
  }
}

async function compare(kind: Kind, contestants: readonly Contestant[]): Promise<string[]> {
  const rounds = contestants.map((): Round[] => [])
  for (const one of contestants) await measure(kind, one, 2)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, one] of contestants.entries()) {
      rounds[index]?.push(await measure(kind, one, SECONDS))
    }
  }
  const [one = [], two = []] = rounds
  const perSecond = (all: readonly Round[]) => all.map(({ result }) => result.perSecond)
  const p99 = (all: readonly Round[]) => all.map(({ result }) => result.p99)
  const micros = (all: readonly Round[]) => all.map(({ own }) => own)
  const seen = two.map(
    ({ result }, round) => result.perSecond / (one[round]?.result.perSecond ?? NaN),
  )
  const lines = contestants.flatMap(({ workers }, index) => {
    const all = rounds[index] ?? []
    const shares = all[0]?.shares.map((_, at) => median(all.map((round) => round.shares[at] ?? 0)))
    return [
      `${kind}, ${workers === 1 ? 'one process' : `${workers} workers`}`,
      `  requests/s           ${spread(perSecond(all))}`,
      `  p99 ms               ${spread(p99(all), 1)}`,
      `  CPU µs, rauth        ${spread(micros(all))}`,
      `  CPU µs, all else     ${spread(all.map(({ others }) => others))}`,
      ...(workers === 1
        ? []
        : [`  of rauth's, % each   ${shares?.map((share) => share.toFixed(0)).join(', ') ?? ''}`]),
    ]
  })
  const cores = (2 * median(micros(one))) / median(micros(two))
  const limit = 2e6 / (median(micros(two)) + median(two.map(({ others }) => others)))
  return [
    ...lines,
    `requests/s seen, 2 workers ÷ 1 process: ${spread(seen, 2)}; these two cores allow ${limit.toFixed(0)} with all else on them`,
    `by processor time, two cores for rauth alone ÷ one: ${cores.toFixed(2)}`,
  ]
}

/** How the checks of an Envoy with one thread come to two workers. */
async function spreadOf(directory: string, two: Contestant): Promise<string[]> {
  const lines: string[] = []
  for (const streams of [256, 8]) {
    const name = `streams-${streams}`
    const front = await startFront(directory, name, two.serving.gateway, withStreams(streams))
    try {
      const asked = { ...two, front }
      await measure('checks through Envoy', asked, 2)
      const { result, shares } = await measure('checks through Envoy', asked, SECONDS)
      lines.push(
        `one thread of Envoy, ${streams} checks a connection: ${result.perSecond.toFixed(0)} requests/s, ` +
          `of rauth's processor time, % each: ${shares.map((share) => share.toFixed(0)).join(', ')}`,
      )
    } finally {
      await front.child.stop()
    }
  }
  return lines
}

async function measure(kind: Kind, contestant: Contestant, seconds: number): Promise<Round> {
  const { serving, front, pids } = contestant
  const isToken = kind === 'tokens, each signed'
  const authorization = isToken
    ? basic(LOGIN.username, LOGIN.password)
    : `Bearer ${await fetchToken(serving.token, LOGIN, SERVICE, SCOPE)}`
  const target = isToken
    ? `/token?service=${SERVICE}&scope=${SCOPE}`
    : '/v2/team-a/app/manifests/v1'
  const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`
  const times = () => pids.map(processorTime)
  const others = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6 + (isToken ? 0 : processorTime(front.child.pid))
  }
  const [ownBefore, othersBefore] = [times(), others()]
  const port = isToken ? serving.token : front.port
  const result = await load({ port, request, connections: CONNECTIONS, seconds })
  if (Object.keys(result.statuses).join() !== '200') {
    throw new Error(`not only good answers: ${JSON.stringify(result.statuses)}`)
  }
  const used = times().map((time, index) => time - (ownBefore[index] ?? 0))
  const all = used.reduce((sum, one) => sum + one, 0)
  const micros = (time: number) => (time / (result.perSecond * seconds)) * 1e6
  return {
    ...{ result, own: micros(all), others: micros(others() - othersBefore) },
    shares: used.map((one) => (100 * one) / all),
  }
}

function memoryOf({ workers, pids }: Contestant): string {
  const each = pids.map((pid) => residentMemory(pid).toFixed(0)).join(', ')
  return `memory after that, MiB, ${workers === 1 ? 'one process' : 'first process and workers'}: ${each}`
}
