import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { peersDirectory, unpackPeer } from '../support/peers.ts'
import { compare } from './compare.ts'
import { prepareGround } from './servers.ts'

/**
 * `node tools/run.mjs docker-auth [cases] [seed]`: the same requests to the real docker_auth and to rauth
 * with the same configurations, until so many pairs of account and scope were decided.
 */

/** The repository, from dist/test/docker-auth. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const [cases = '20000', given = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2)
const [wanted, seed] = [Number(cases), Number(given)]
if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(seed)) {
  process.stderr.write('usage: node tools/run.mjs docker-auth [number of cases] [seed]\n')
  process.exit(2)
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-auth-'))
try {
  const peers = peersDirectory(ROOT)
  const program = await unpackPeer(peers, 'auth_server', directory)
  if (program === undefined) {
    process.stderr.write(
      `docker-auth: there is no auth_server.xz in ${peers}: set RAUTH_PEERS_DIR\n`,
    )
    process.exitCode = 2
  } else {
    const ground = await prepareGround(directory, program)
    const begin = performance.now()
    const told = await compare(ground, wanted, seed)
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    say(`${told.cases} cases, seed ${seed}, ${seconds} s; ${told.questions} questions to ext_authz`)
    say(`migrated: ${told.migrated.same} decided the same, ${told.migrated.listed} as listed`)
    say(`docker_auth: ${listOf(told.kinds)}`)
    say(`documented differences: ${listOf(told.seen)}`)
    for (const problem of told.unexplained.slice(0, 20)) say(problem)
    say(`${told.unexplained.length} other differences`)
    if (told.unexplained.length > 0) process.exitCode = 1
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}
