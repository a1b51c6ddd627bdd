import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { compare, type Comparison } from '../docker-auth/compare.ts'
import { DIFFERENCES, REWRITTEN } from '../docker-auth/differences.ts'
import { prepareGround } from '../docker-auth/servers.ts'
import { peersDirectory, unpackPeer } from '../support/peers.ts'

/** The repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const CASES = 3_000
const SEED = 20261129

const ROWS = [...DIFFERENCES, ...REWRITTEN].map(({ row }) => row)

describe('rauth in docker_auth’s place', () => {
  let directory: string
  let told: Comparison | undefined
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'rauth-docker-auth-'))
    const program = await unpackPeer(peersDirectory(ROOT), 'auth_server', directory)
    if (program === undefined) return
    told = await compare(await prepareGround(directory, program), CASES, SEED)
  })
  after(() => rm(directory, { recursive: true, force: true }))

  it('decides as docker_auth does but for what is documented', (context) => {
    if (told === undefined) {
      context.skip(`NOT RUN: there is no auth_server.xz in ${peersDirectory(ROOT)}`)
      return
    }
    assert.deepEqual(told.unexplained.slice(0, 5), [])
    assert.equal(told.unexplained.length, 0)
    assert.ok(told.cases >= CASES, `only ${told.cases} cases`)
    for (const kind of ['granted', 'refused', 'malformed', 'failed']) {
      assert.ok((told.kinds.get(kind) ?? 0) > 20, `${kind}: ${told.kinds.get(kind) ?? 0}`)
    }
    const { same, listed } = told.migrated
    assert.ok(same > 500 && listed > 10, `migrated: ${same} the same, ${listed} as listed`)
    assert.ok(told.questions > 100, `only ${told.questions} questions to both commands`)
  })

  it('is different in every way that is documented', (context) => {
    if (told === undefined) {
      context.skip('NOT RUN: there is no docker_auth to compare with')
      return
    }
    const { seen } = told
    assert.deepEqual(
      ROWS.filter((row) => !seen.has(row)),
      [],
    )
  })

  it('has each difference in docs/docker-auth.md', async () => {
    const page = await readFile(path.join(ROOT, 'docs/docker-auth.md'), 'utf8')
    const rows = page.split('\n').map((line) => line.replace(/^\| /, ''))
    assert.deepEqual(
      ROWS.filter((row) => !rows.some((line) => line.startsWith(row))),
      [],
    )
  })
})
