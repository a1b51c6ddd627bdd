import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Child } from '../../tools/stack/child.ts'
import { ask, fetchToken } from '../support/http.ts'
import { peersDirectory, unpackPeer } from '../support/peers.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { startAuthorino } from './check/authorino.ts'
import { startConstant, startOpa, type Authorizer, type TokenRules } from './check/authorizers.ts'
import { jwtAuthn, overHttp, startFront, withoutAuthorizer, type Front } from './check/fronts.ts'
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
/** What every contestant can verify. */
const ALGORITHM = 'RS256'

/** How much of the question a contestant answers. */
type Judges = 'scope' | 'signature' | 'nothing'

interface Contestant {
  readonly name: string
  /** Port of the Envoy in front of it. */
  readonly port: number
  readonly judges: Judges
  /** The authorizer, if there is one beside Envoy. */
  readonly pid: number | undefined
  readonly fast: LoadResult[]
  readonly calm: LoadResult[]
  /** Processor time of the authorizer for each request of a fast round, µs. */
  readonly micros: number[]
}

/** One allowed pull through Envoy with one token, decided by rauth and by what else there is. */
export async function benchCheck(): Promise<readonly string[]> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-bench-'))
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false, quiet: true, algorithm: ALGORITHM },
  })
  const children: Child[] = []
  try {
    const { contestants, absent } = await startContestants(directory, stack, children)
    const token = await fetchToken(
      ...([stack.token, stack.login('team-a'), stack.service] as const),
      'repository:team-a/app:pull',
    )
    for (const contestant of contestants) await checkAnswers(contestant, token)
    const request =
      'GET /v2/team-a/app/manifests/v1 HTTP/1.1\r\nHost: localhost\r\n' +
      `Authorization: Bearer ${token}\r\n\r\n`
    const options = (port: number) => ({ port, request, connections: CONNECTIONS })
    for (const { port } of contestants) await load({ ...options(port), seconds: 2 })
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { port, pid, fast, calm, micros } of contestants) {
        const before = pid === undefined ? NaN : processorTime(pid)
        const result = onlyAllowed(await load({ ...options(port), seconds: SECONDS }))
        const used = pid === undefined ? NaN : processorTime(pid) - before
        micros.push((used / (result.perSecond * SECONDS)) * 1e6)
        fast.push(result)
        calm.push(onlyAllowed(await load({ ...options(port), seconds: SECONDS, rate: CALM })))
      }
    }
    return [...report(contestants), ...absent]
  } finally {
    for (const child of children) await child.stop()
    await stack.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function startContestants(
  directory: string,
  stack: Stack,
  children: Child[],
): Promise<{ readonly contestants: readonly Contestant[]; readonly absent: readonly string[] }> {
  const { body: jwks } = await ask(stack.token, '/jwks.json')
  const rules = {
    ...{ jwks, jwksUrl: `http://127.0.0.1:${stack.token}/jwks.json`, issuer: 'rauth' },
    ...{ audience: stack.service, algorithm: ALGORITHM },
  }
  const contestants: Contestant[] = []
  const absent: string[] = []

  async function enter(
    name: string,
    judges: Judges,
    authorizer: { readonly pid?: number; readonly port: number },
    edit?: Parameters<typeof startFront>[3],
  ): Promise<void> {
    const file = name.replaceAll(/\W+/g, '-')
    const front: Front = await startFront(directory, file, authorizer.port, edit)
    children.unshift(front.child)
    const figures = { fast: [], calm: [], micros: [] }
    contestants.push({ ...{ name, judges, port: front.port, pid: authorizer.pid }, ...figures })
  }
  async function enterPeer(
    name: string,
    start: (directory: string, program: string, rules: TokenRules) => Promise<Authorizer>,
  ): Promise<void> {
    const program = await unpackPeer(peersDirectory(ROOT), name, directory)
    if (program === undefined) {
      absent.push(`${name} is not in the folder of peers (RAUTH_PEERS_DIR): not compared`)
      return
    }
    const { child, port } = await start(directory, program, rules)
    children.push(child)
    await enter(name, 'scope', { pid: child.pid, port })
  }

  const pid = stack.rauthPid()
  await enter(OURS, 'scope', { pid, port: stack.gateway })
  const constant = await startConstant(directory)
  children.push(constant.child)
  await enter('constant grpc-js', 'nothing', { pid: constant.child.pid, port: constant.port })
  await enterPeer('opa-envoy-plugin', startOpa)
  await enterPeer('authorino', startAuthorino)
  await enter('rauth, HTTP', 'scope', { pid, port: 1 }, await overHttp(stack.gatewayHttp))
  const signature = jwtAuthn(jwks, rules.issuer, rules.audience)
  await enter('Envoy jwt_authn', 'signature', { port: 1 }, signature)
  await enter('no authorizer', 'nothing', { port: 1 }, withoutAuthorizer)
  return { contestants, absent }
}

const OURS = 'rauth, gRPC'

/** The decisions that are measured must be decisions. */
async function checkAnswers({ name, port, judges }: Contestant, token: string): Promise<void> {
  const forged = `${token.slice(0, -8)}AAAAAAAA`
  const own = '/v2/team-a/app/manifests/v1'
  const cases: readonly (readonly [target: string, token: string | undefined, needs: Judges])[] = [
    [own, token, 'nothing'],
    ['/v2/team-b/app/manifests/v1', token, 'scope'],
    ['/v2/team-ab/app/manifests/v1', token, 'scope'],
    ['/v2/team-a/app/nested/manifests/v1', token, 'scope'],
    [own, undefined, 'signature'],
    [own, forged, 'signature'],
  ]
  const degree = (one: Judges) => ['nothing', 'signature', 'scope'].indexOf(one)
  for (const [target, bearer, needs] of cases) {
    const refused = needs !== 'nothing' && degree(judges) >= degree(needs)
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const { status, body } = await ask(port, target, { headers })
    const right = refused ? status === 401 || status === 403 : status === 200
    if (!right) throw new Error(`${name} answered ${status} to ${target}: ${body}`)
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
      ...(pid === undefined
        ? []
        : [
            `  CPU µs/request    ${spread(micros)}`,
            `  RSS MiB           ${residentMemory(pid).toFixed(0)}`,
          ]),
    ]
  })
  return [
    ...lines,
    ...contestants
      .filter((one) => one.name.startsWith('rauth'))
      .flatMap((ours) =>
        contestants
          .filter((theirs) => !theirs.name.startsWith('rauth'))
          .map((theirs) => ratio(ours, theirs)),
      ),
  ]
}

/** Round by round, since only what ran next to each other compares. */
function ratio(ours: Contestant, theirs: Contestant): string {
  const ratios = ours.fast.map(
    ({ perSecond }, round) => perSecond / (theirs.fast[round]?.perSecond ?? NaN),
  )
  return `requests/s, ${ours.name} ÷ ${theirs.name}: ${spread(ratios, 2)}`
}
