import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { comparisonPage } from '../conformance/comparison.ts'
import { startDockerAuth } from '../conformance/docker-auth.ts'
import { peersDirectory } from '../support/peers.ts'
import { startRauth } from '../conformance/rauth.ts'
import { countInWords } from '../conformance/report.ts'
import { CLAUSES, runSuite, type ClauseResult } from '../conformance/suite.ts'

/** The repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Clauses that rauth fails, and why. No MUST may be here. */
const KNOWN_FAILING: Readonly<Record<string, string>> = {
  'scope-action-none': 'no client asks for no action: it is a slip, and told so',
}

describe('rauth, by the clauses of token authentication', () => {
  let server: Awaited<ReturnType<typeof startRauth>>
  let results: readonly ClauseResult[]
  before(async () => {
    server = await startRauth()
    results = await runSuite(server.target)
  })
  after(() => server.stop())

  it('has clauses with an id of their own', () => {
    assert.equal(new Set(CLAUSES.map(({ id }) => id)).size, CLAUSES.length)
  })

  for (const [index, { id, level, demand }] of CLAUSES.entries()) {
    it(`${id}: ${demand}`, () => {
      const { outcome, note } = results[index] ?? assert.fail('it was not tried')
      const known = level === 'SHOULD' && KNOWN_FAILING[id] !== undefined
      assert.equal(outcome, known ? 'fail' : 'pass', note)
    })
  }

  it('is compared with docker_auth in docs/conformance.md as it is', async (context) => {
    const page = await readFile(path.join(ROOT, 'docs', 'conformance.md'), 'utf8')
    const next = 'next: node tools/run.mjs conformance --compare'
    assert.ok(page.includes(countInWords(results)), next)
    const peers = peersDirectory(ROOT)
    const peer = await startDockerAuth(peers)
    if (peer === undefined) {
      context.diagnostic(`docker_auth is not in ${peers}: its half of the page is not looked at`)
      return
    }
    try {
      const now = await comparisonPage(ROOT, results, await runSuite(peer.target))
      assert.equal(page, now, next)
    } finally {
      await peer.stop()
    }
  })
})
