import path from 'node:path'
import { HASHED, PASSWORD, startDockerAuth } from '../conformance/docker-auth.ts'
import { peersDirectory } from '../support/peers.ts'
import { basic } from '../support/http.ts'
import { startStack } from '../support/stack.ts'
import { load, type LoadOptions, type LoadResult } from './load.ts'
import { spread } from './statistics.ts'

/** The repository, from dist/test/bench. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const ROUNDS = 3
const SECONDS = 4
const CONNECTIONS = 16

/** What docker_auth signs with, too. */
const ALGORITHMS = ['ES256', 'RS256'] as const
type Algorithm = (typeof ALGORITHMS)[number]

interface Contestant {
  readonly name: string
  readonly algorithm: Algorithm
  readonly load: LoadOptions
  readonly results: LoadResult[]
  readonly stop: () => Promise<unknown>
}

/**
 * A token for one repository, straight from the server: a password check, a policy decision and a
 * signature. What the password check is stands with each figure, because it may be most of the time.
 */
export async function benchToken(): Promise<readonly string[]> {
  const contestants: Contestant[] = []
  const peers: Contestant[] = []
  try {
    for (const algorithm of ALGORITHMS) {
      contestants.push(
        await rauth(algorithm, { bcrypt: false, reuse: true }),
        await rauth(algorithm, { bcrypt: true, reuse: true }),
        await rauth(algorithm, { bcrypt: false, reuse: false }),
      )
      const peer = await dockerAuth(algorithm)
      if (peer !== undefined) peers.push(peer)
    }
    contestants.push(...peers)
    for (const { name, load: options } of contestants) {
      onlyGranted(name, await load({ ...options, seconds: 2 }))
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, load: options, results } of contestants) {
        results.push(onlyGranted(name, await load(options)))
      }
    }
    return [
      ...contestants.flatMap(figuresOf),
      ...(peers.length === 0
        ? ['docker_auth is not in the folder of peers (RAUTH_PEERS_DIR): not compared']
        : peers.flatMap((peer) =>
            contestants
              .filter((one) => one !== peer && one.algorithm === peer.algorithm)
              .map((one) => ratios(one, peer)),
          )),
    ]
  } finally {
    for (const { stop } of contestants) await stop()
  }
}

async function rauth(
  algorithm: Algorithm,
  { bcrypt, reuse }: { readonly bcrypt: boolean; readonly reuse: boolean },
): Promise<Contestant> {
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false, algorithm },
    environment: reuse ? {} : { RAUTH_TOKEN_REUSE: '0s' },
  })
  const login = bcrypt ? { username: 'team-a', password: PASSWORD } : stack.login('team-a')
  if (bcrypt) await stack.writeSecret('team-a', HASHED_SECRET)
  const target = `/token?service=${stack.service}&scope=repository:team-a/app:pull`
  const check = bcrypt ? 'bcrypt of cost 5' : 'HMAC-SHA-256'
  const name = `rauth ${algorithm}, password by ${check}${reuse ? '' : ', token.reuse 0s'}`
  return contestant(name, algorithm, stack.token, target, login, () => stack.stop())
}

const HASHED_SECRET = `apiVersion: v1
kind: Secret
metadata: { name: registry-credentials, namespace: team-a }
stringData: { username: team-a, passwordHash: "${HASHED}" }
`

async function dockerAuth(algorithm: Algorithm): Promise<Contestant | undefined> {
  const server = await startDockerAuth(peersDirectory(ROOT), algorithm)
  if (server === undefined) return undefined
  const { tokenUrl, service, own } = server.target
  const { port, pathname } = new URL(tokenUrl)
  const target = `${pathname}?service=${service}&scope=repository:${own}:pull`
  const name = `docker_auth ${algorithm}, password by bcrypt of cost 5`
  return contestant(name, algorithm, Number(port), target, server.target, () => server.stop())
}

function contestant(
  name: string,
  algorithm: Algorithm,
  port: number,
  target: string,
  { username, password }: { readonly username: string; readonly password: string },
  stop: Contestant['stop'],
): Contestant {
  const request =
    `GET ${target} HTTP/1.1\r\nHost: localhost\r\n` +
    `Authorization: ${basic(username, password)}\r\n\r\n`
  const options = { port, request, connections: CONNECTIONS, seconds: SECONDS }
  return { name, algorithm, load: options, results: [], stop }
}

function onlyGranted(name: string, result: LoadResult): LoadResult {
  if (Object.keys(result.statuses).join() === '200') return result
  throw new Error(`${name} answered ${JSON.stringify(result.statuses)}`)
}

function figuresOf({ name, results }: Contestant): readonly string[] {
  const figures = (figure: 'perSecond' | 'p50' | 'p99') => results.map((result) => result[figure])
  return [
    name,
    `  requests/s  ${spread(figures('perSecond'))}`,
    `  p50 ms      ${spread(figures('p50'), 1)}`,
    `  p99 ms      ${spread(figures('p99'), 1)}`,
  ]
}

/** Round by round, since only what ran next to each other compares. */
function ratios(ours: Contestant, theirs: Contestant): string {
  const ratio = (figure: 'perSecond' | 'p99') =>
    ours.results.map((result, round) => result[figure] / (theirs.results[round]?.[figure] ?? NaN))
  return (
    `${ours.name} ÷ docker_auth ${theirs.algorithm}: ` +
    `requests/s ${spread(ratio('perSecond'), 1)}, p99 ${spread(ratio('p99'), 2)}`
  )
}
