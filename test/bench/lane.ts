import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Child } from '../../tools/stack/child.ts'
import { digestPath } from '../support/fast-lane.ts'
import { ask, fetchToken } from '../support/http.ts'
import { peersDirectory, unpackPeer } from '../support/peers.ts'
import { processorTime } from '../support/process-figures.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { startOpa } from './check/authorizers.ts'
import { jwtAuthn, overHttp, startFront, withoutAuthorizer, type Front } from './check/fronts.ts'
import { load, type LoadResult } from './load.ts'
import { spread } from './statistics.ts'
import { pull } from './storm/node.ts'

/** The repository, from dist/test/bench. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const ROUNDS = 3
const SECONDS = 4
const CONNECTIONS = 16
/** What every contestant can verify. */
const ALGORITHM = 'RS256'
const REPOSITORY = 'team-a/app'

/** A storm of pulls: images of so many layers, all at once. */
const PULLS = 200
const LAYERS = 20

interface Contestant {
  readonly name: string
  readonly front: Front
  /** Whose repositories it tells apart; else it lets every token of rauth's, or anybody, read everything. */
  readonly judges: boolean
  readonly results: LoadResult[]
  /** Processor time of Envoy for each request, µs. */
  readonly micros: number[]
}

/** Reads by digest through Envoy with one token, decided in the fast lane and by what else there is. */
export async function benchLane(): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-bench-'))
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false, quiet: true, algorithm: ALGORITHM },
    environment: { RAUTH_TRUSTED_PROXIES: '127.0.0.1' },
    settings: { gateway: { fastLane: { enabled: true, window: '30s' } } },
  })
  const children: Child[] = []
  try {
    const { contestants, absent } = await startContestants(directory, stack, children)
    for (const one of contestants) await checkAnswers(one, await tokenOf(stack))
    for (const one of contestants) await measure(one, await tokenOf(stack), 1)
    for (const { results, micros } of contestants) results.length = micros.length = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const one of contestants) await measure(one, await tokenOf(stack), SECONDS)
    }
    const lines = report(contestants)
    for (const name of [LANE, GRPC]) {
      const found = contestants.find((one) => one.name === name)
      if (found !== undefined) lines.push(await storm(found, stack))
    }
    return [...lines, ...absent]
  } finally {
    for (const child of children) await child.stop()
    await stack.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const LANE = 'the fast lane'
const GRPC = 'rauth, gRPC'

const tokenOf = (stack: Stack) =>
  fetchToken(
    ...([stack.token, stack.login('team-a'), stack.service] as const),
    `repository:${REPOSITORY}:pull`,
  )

async function startContestants(directory: string, stack: Stack, children: Child[]) {
  const { body: jwks } = await ask(stack.token, '/jwks.json')
  const rules = {
    ...{ jwks, jwksUrl: `http://127.0.0.1:${stack.token}/jwks.json`, issuer: 'rauth' },
    ...{ audience: stack.service, algorithm: ALGORITHM },
  }
  const contestants: Contestant[] = []
  const absent: string[] = []
  async function enter(
    name: string,
    judges: boolean,
    gateway: number,
    edit?: Parameters<typeof startFront>[3],
    shipped: Parameters<typeof startFront>[4] = {},
  ): Promise<void> {
    const file = name.replaceAll(/\W+/g, '-')
    const token = { token: stack.token, ...shipped }
    const front = await startFront(directory, file, gateway, edit, token)
    children.unshift(front.child)
    contestants.push({ name, front, judges, results: [], micros: [] })
  }
  await enter(LANE, true, stack.gateway, undefined, { file: 'fast-lane.yaml' })
  await enter(GRPC, true, stack.gateway)
  await enter('rauth, HTTP', true, 1, await overHttp(stack.gatewayHttp))
  const program = await unpackPeer(peersDirectory(ROOT), 'opa-envoy-plugin', directory)
  if (program === undefined) absent.push('opa-envoy-plugin is not in RAUTH_PEERS_DIR: not compared')
  else {
    const { child, port } = await startOpa(directory, program, rules)
    children.push(child)
    await enter('opa-envoy-plugin', true, port)
  }
  const signature = jwtAuthn(jwks, rules.issuer, rules.audience)
  await enter('Envoy jwt_authn, no scope', false, 1, signature)
  await enter('no authorizer', false, 1, withoutAuthorizer)
  return { contestants, absent }
}

/** The decisions that are measured must be decisions. */
async function checkAnswers({ name, front, judges }: Contestant, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const own = await ask(front.port, digestPath(REPOSITORY), { headers })
  const other = await ask(front.port, digestPath('team-b/app'), { headers })
  const right = own.status === 200 && (judges ? other.status === 403 : other.status === 200)
  if (!right) throw new Error(`${name} answered ${own.status}, and ${other.status} of others`)
}

async function measure(one: Contestant, token: string, seconds: number): Promise<void> {
  const { front, results, micros } = one
  const request =
    `GET ${digestPath(REPOSITORY)} HTTP/1.1\r\nHost: localhost\r\n` +
    `Authorization: Bearer ${token}\r\n\r\n`
  const before = processorTime(front.child.pid)
  const result = await load({ port: front.port, request, connections: CONNECTIONS, seconds })
  if (Object.keys(result.statuses).join() !== '200') {
    throw new Error(`${one.name}, not only allowed answers: ${JSON.stringify(result.statuses)}`)
  }
  const used = processorTime(front.child.pid) - before
  micros.push((used / (result.perSecond * seconds)) * 1e6)
  results.push(result)
}

function report(contestants: readonly Contestant[]): string[] {
  const lines = contestants.map(({ name, results, micros }) => {
    const of = (figure: 'perSecond' | 'p50' | 'p99') => results.map((result) => result[figure])
    return (
      `${name}: requests/s ${spread(of('perSecond'))}; p50 ms ${spread(of('p50'), 1)}; ` +
      `p99 ms ${spread(of('p99'), 1)}; processor time of Envoy ${spread(micros)} µs a request`
    )
  })
  const [lane] = contestants
  // Round by round, since only what ran next to each other compares.
  const ratios = contestants.slice(1).map(({ name, results }) => {
    const each = results.map(
      ({ perSecond }, round) => (lane?.results[round]?.perSecond ?? NaN) / perSecond,
    )
    return `requests/s, ${LANE} ÷ ${name}: ${spread(each, 2)}`
  })
  return [...lines, ...ratios]
}

/** As many nodes as pull an image at the same moment. */
async function storm({ name, front }: Contestant, stack: Stack): Promise<string> {
  const asked = async () => {
    const { body } = await ask(stack.operations, '/metrics')
    return [...body.matchAll(/^rauth_decisions_total\{([^}]*)\} (\d+)$/gm)]
      .filter(([, labels = '']) => labels.includes('half="gateway"'))
      .reduce((all, [, , count]) => all + Number(count), 0)
  }
  const [before, rauth] = [await asked(), processorTime(stack.rauthPid())]
  const one = { port: front.port, service: stack.service, layers: LAYERS }
  const begin = performance.now()
  await Promise.all(
    Array.from({ length: PULLS }, () =>
      pull({ ...one, ...stack.login('team-a'), repository: REPOSITORY }, () => undefined),
    ),
  )
  const took = performance.now() - begin
  const used = processorTime(stack.rauthPid()) - rauth
  return (
    `${PULLS} pulls of ${LAYERS} layers at once, ${name}: done in ${took.toFixed(0)} ms, ` +
    `the gateway asked ${(((await asked()) - before) / PULLS).toFixed(2)} times a pull, ` +
    `processor time of rauth ${(used * 1_000).toFixed(0)} ms`
  )
}
