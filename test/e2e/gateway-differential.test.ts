import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  DEPLOYMENTS,
  nameOf,
  startDeployment,
  type Deployment,
} from '../differential/deployment.ts'
import { judgeRecords } from '../differential/records.ts'
import { replay } from '../differential/replay.ts'
import { BATCH, run } from '../differential/run.ts'
import { askStraight } from '../differential/straight.ts'
import { http1 } from '../differential/transport.ts'

/**
 * The same requests for Envoy, rauth and a registry that trusts them, and for that registry alone:
 * nothing of another namespace is served or changed, and who asks for what is its own gets the answer
 * that the registry would give. `node tools/run.mjs differential 200000` tries more of them.
 */

const SEED = 20261124
/**
 * In each deployment, others in each. A gateway that is broken in one place (the source of a mount, a parameter twice,
 * forms as bodies) is found within the first batch; the corpus has what was found by more.
 */
const CASES = 6 * BATCH

for (const [i, options] of DEPLOYMENTS.entries()) {
  describe(`the gateway and a bare registry: ${nameOf(options)}`, () => {
    let deployment: Deployment

    before(async () => {
      deployment = await startDeployment(options)
    })
    after(() => deployment.stop())

    it('answer the corpus as it says', async () => {
      const { wrong, sent } = await replay(deployment, http1(deployment.front.port))
      assert.deepEqual(wrong, [])
      assert.ok(sent > 100, `only ${sent} lines were sent`)
    })

    if (i === 0) {
      it('have a record of each answer, also of what comes past Envoy', async (test) => {
        const { wrong, answers } = await askStraight(deployment, { seed: SEED, count: 300 })
        test.diagnostic(`${answers} answers`)
        assert.deepEqual(wrong, [])
        assert.ok(answers > 1_000, String(answers))
      })
    }

    it(`agree on ${CASES} requests, and only on what is one's own`, async (test) => {
      const { violations, tally } = await run(deployment, {
        ...{ seed: SEED, first: i * CASES, count: CASES },
      })
      test.diagnostic(JSON.stringify(tally))
      assert.deepEqual(violations, [])
      assert.equal(tally.cases, CASES)
      // A run that asks for nothing finds nothing.
      assert.ok(tally.clientDone > tally.client / 4, 'too few requests of clients succeed')
      assert.ok(tally.exposed > tally.hostile / 20, 'too few attacks work on a bare registry')
      assert.ok(tally.harmed > 3, 'too few attacks change anything in a bare registry')
      assert.ok(tally.unanswered < CASES / 100, 'too many requests have no answer')
    })

    it('have one record of each request that rauth was asked about, and of no other', async (test) => {
      const { wrong, alone, recorded } = await judgeRecords(deployment.stack)
      test.diagnostic(JSON.stringify({ recorded, alone: Object.fromEntries(alone) }))
      assert.deepEqual(wrong.slice(0, 10), [])
      assert.ok(recorded > CASES / 2, String(recorded))
    })
  })
}
