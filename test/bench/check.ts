import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../tools/stack/child.ts'
import { envoyConfig } from '../../tools/stack/envoy-config.ts'
import { freePort, isFree } from '../../tools/stack/ports.ts'
import { ask, fetchToken } from '../support/http.ts'
import { startStack } from '../support/stack.ts'
import { load, type LoadResult } from './load.ts'
import { processorTime, residentMemory } from '../support/process-figures.ts'
import { spread } from './statistics.ts'

/** The repository, from dist/test/bench. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const ROUNDS = 3
const SECONDS = 5
const CONNECTIONS = 16
/** Open loop, requests a second: a rate at which nothing is near its limit. */
const CALM = 500

/** An Envoy of the shipped configuration that answers itself what the authorizer lets pass. */
async function startEnvoy(
  directory: string,
  name: string,
  gateway: number,
): Promise<{ readonly child: Child; readonly port: number }> {
  const { envoy } = await installParts(['envoy'])
  const port = await freePort()
  const shipped = await envoyConfig({
    template: path.join(ROOT, 'envoy', 'envoy.yaml'),
    ports: { envoy: port, gateway, token: 1, registry: 1 },
  })
  const document = parseDocument(shipped)
  const manager = ['static_resources', 'listeners', 0, 'filter_chains', 0, 'filters', 0]
  const route = [...manager, 'typed_config', 'route_config', 'virtual_hosts', 0, 'routes', 0]
  document.deleteIn([...route, 'route'])
  document.setIn([...route, 'direct_response'], { status: 200, body: { inline_string: 'ok' } })
  document.deleteIn([...manager, 'typed_config', 'access_log'])
  const config = path.join(directory, `${name}.yaml`)
  await writeFile(config, document.toString())
  const args = ['-c', config, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'error']
  const logFile = path.join(directory, `${name}.log`)
  const child = await startChild({ name, program: envoy, args, logFile })
  await untilReady(child, async () => !(await isFree(port)))
  return { child, port }
}

async function startConstant(directory: string): Promise<{ child: Child; port: number }> {
  const port = await freePort()
  const program = path.join(import.meta.dirname, 'constant-authorizer.js')
  const child = await startChild({
    ...{ name: 'constant', program: process.execPath },
    args: [program, path.join(ROOT, 'proto'), String(port)],
    logFile: path.join(directory, 'constant.log'),
  })
  await untilReady(child, async () => !(await isFree(port)))
  return { child, port }
}

interface Contestant {
  readonly name: string
  /** Port of the Envoy in front of it. */
  readonly port: number
  /** The authorizer. */
  readonly pid: number
  readonly fast: LoadResult[]
  readonly calm: LoadResult[]
  /** Processor time of the authorizer for each request of a fast round, µs. */
  readonly micros: number[]
}

/** One allowed pull through Envoy, decided by rauth and by a server that always says yes. */
export async function benchCheck(): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-bench-'))
  const stack = await startStack({ registry: '3', registryAuth: false, envoy: true, quiet: true })
  const children: Child[] = []
  try {
    const token = await fetchToken(
      ...([stack.token, stack.login('team-a'), stack.service] as const),
      'repository:team-a/app:pull',
    )
    const constant = await startConstant(directory)
    const front = await startEnvoy(directory, 'envoy-rauth', stack.gateway)
    const constantFront = await startEnvoy(directory, 'envoy-constant', constant.port)
    children.push(front.child, constantFront.child, constant.child)
    const contestant = (name: string, port: number, pid: number): Contestant => ({
      ...{ name, port, pid },
      ...{ fast: [], calm: [], micros: [] },
    })
    const contestants = [
      contestant('rauth', front.port, stack.rauthPid()),
      contestant('constant grpc-js', constantFront.port, constant.child.pid),
    ]
    await checkAnswers(front.port, token)
    await checkAnswers(stack.entry, token, 404)

    const request =
      'GET /v2/team-a/app/manifests/v1 HTTP/1.1\r\nHost: localhost\r\n' +
      `Authorization: Bearer ${token}\r\n\r\n`
    const options = (port: number) => ({ port, request, connections: CONNECTIONS })
    for (const { port } of contestants) await load({ ...options(port), seconds: 2 })
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { port, pid, fast, calm, micros } of contestants) {
        const before = processorTime(pid)
        const result = onlyAllowed(await load({ ...options(port), seconds: SECONDS }))
        micros.push(((processorTime(pid) - before) / (result.perSecond * SECONDS)) * 1e6)
        fast.push(result)
        calm.push(onlyAllowed(await load({ ...options(port), seconds: SECONDS, rate: CALM })))
      }
    }
    return report(contestants)
  } finally {
    for (const child of children) await child.stop()
    await stack.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** The decisions that are measured must be decisions. */
async function checkAnswers(port: number, token: string, allowed = 200): Promise<void> {
  const expected: readonly (readonly [number, string, string | undefined])[] = [
    [allowed, '/v2/team-a/app/manifests/v1', token],
    [403, '/v2/team-b/app/manifests/v1', token],
    [403, '/v2/team-ab/app/manifests/v1', token],
    [401, '/v2/team-a/app/manifests/v1', undefined],
    [401, '/v2/team-a/app/manifests/v1', `${token.slice(0, -8)}AAAAAAAA`],
  ]
  for (const [status, target, bearer] of expected) {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const answer = await ask(port, target, { headers })
    if (answer.status !== status) {
      throw new Error(`${target}: ${answer.status} and not ${status}: ${answer.body}`)
    }
  }
}

function onlyAllowed(result: LoadResult): LoadResult {
  if (Object.keys(result.statuses).join() !== '200') {
    throw new Error(`not only allowed answers: ${JSON.stringify(result.statuses)}`)
  }
  return result
}

function report(contestants: readonly Contestant[]): readonly string[] {
  const lines = contestants.flatMap(({ name, pid, fast, calm, micros }) => {
    const of = (results: readonly LoadResult[], figure: 'perSecond' | 'p50' | 'p99') =>
      results.map((result) => result[figure])
    return [
      name,
      `  requests/s        ${spread(of(fast, 'perSecond'))}`,
      `  p50 ms            ${spread(of(fast, 'p50'), 1)}`,
      `  p99 ms            ${spread(of(fast, 'p99'), 1)}`,
      `  p99 ms at ${CALM}/s   ${spread(of(calm, 'p99'), 1)}`,
      `  CPU µs/request    ${spread(micros)}`,
      `  RSS MiB           ${residentMemory(pid).toFixed(0)}`,
    ]
  })
  const [ours, theirs] = contestants
  const ratios = ours?.fast.map(
    ({ perSecond }, round) => perSecond / (theirs?.fast[round]?.perSecond ?? NaN),
  )
  return [...lines, `requests/s, rauth ÷ constant, round by round: ${spread(ratios ?? [], 2)}`]
}
