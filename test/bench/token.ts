import path from 'node:path'
import { peersDirectory, startDockerAuth } from '../conformance/docker-auth.ts'
import { basic } from '../support/http.ts'
import { startStack } from '../support/stack.ts'
import type { Algorithm } from '../../src/token/algorithms.ts'
import { load, type LoadOptions, type LoadResult } from './load.ts'
import { spread } from './statistics.ts'

/** The repository, from dist/test/bench. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const ROUNDS = 3

interface Contestant {
  readonly name: string
  readonly load: Omit<LoadOptions, 'seconds'>
  readonly results: LoadResult[]
  readonly stop: () => Promise<unknown>
}

/**
 * A token for one repository, straight from the server: a password check, a policy decision and a
 * signature. What the password check is stands with each figure, because it may be most of the time.
 */
export async function benchToken(): Promise<readonly string[]> {
  const contestants: Contestant[] = []
  try {
    contestants.push(await rauth('ES256'), await rauth('RS256'))
    const peer = await dockerAuth()
    if (peer !== undefined) contestants.push(peer)
    for (const { name, load: options } of contestants) onlyGranted(name, await load({ ...options, seconds: 2 })) // prettier-ignore
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, load: options, results } of contestants) {
        results.push(onlyGranted(name, await load({ ...options, seconds: 4 })))
      }
    }
    const lines = contestants.flatMap(({ name, results }) => [
      name,
      `  requests/s  ${spread(results.map(({ perSecond }) => perSecond))}`,
      `  p50 ms      ${spread(figures(results, 'p50'), 1)}`,
      `  p99 ms      ${spread(figures(results, 'p99'), 1)}`,
    ])
    const absent = 'docker_auth is not in the folder of peers (RAUTH_PEERS_DIR): not compared'
    return peer === undefined ? [...lines, absent] : [...lines, ratio(contestants[1], peer)]
  } finally {
    for (const { stop } of contestants) await stop()
  }
}

async function rauth(algorithm: Algorithm): Promise<Contestant> {
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false, quiet: true },
    algorithm,
  })
  const { username, password } = stack.login('team-a')
  const target = `/token?service=${stack.service}&scope=repository:team-a/app:pull`
  return {
    name: `rauth ${algorithm}, password by HMAC-SHA-256`,
    load: { port: stack.token, request: requestFor(target, username, password), connections: 16 },
    results: [],
    stop: () => stack.stop(),
  }
}

async function dockerAuth(): Promise<Contestant | undefined> {
  const server = await startDockerAuth(peersDirectory(ROOT))
  if (server === undefined) return undefined
  const { tokenUrl, service, username, password, own } = server.target
  const { port, pathname } = new URL(tokenUrl)
  const target = `${pathname}?service=${service}&scope=repository:${own}:pull`
  return {
    name: 'docker_auth RS256, password by bcrypt of cost 5',
    load: {
      ...{ port: Number(port), connections: 16 },
      request: requestFor(target, username, password),
    },
    results: [],
    stop: () => server.stop(),
  }
}

function requestFor(target: string, username: string, password: string): string {
  return (
    `GET ${target} HTTP/1.1\r\nHost: localhost\r\n` +
    `Authorization: ${basic(username, password)}\r\n\r\n`
  )
}

function onlyGranted(name: string, result: LoadResult): LoadResult {
  if (Object.keys(result.statuses).join() === '200') return result
  throw new Error(`${name} answered ${JSON.stringify(result.statuses)}`)
}

const figures = (results: readonly LoadResult[], figure: 'p50' | 'p99') =>
  results.map((result) => result[figure])

function ratio(ours: Contestant | undefined, theirs: Contestant): string {
  const ratios = theirs.results.map(
    ({ perSecond }, round) => (ours?.results[round]?.perSecond ?? NaN) / perSecond,
  )
  return `requests/s, rauth RS256 ÷ docker_auth, round by round: ${spread(ratios, 1)}`
}
