import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { OTHERS } from '../differential/canaries.ts'
import { askAlone } from '../differential/connection.ts'
import { readCorpus } from '../differential/corpus.ts'
import { generate } from '../differential/generate.ts'
import { MUTATIONS } from '../differential/mutations.ts'
import { toBytes, type RawRequest, type Values } from '../differential/raw-request.ts'
import { digestPath } from '../support/fast-lane.ts'
import { OWN, startLaneWitness, type LaneWitness } from '../support/lane-witness.ts'
import { Random } from '../support/random.ts'

/**
 * The requests of the differential tests, and more that are nearly reads by digest, for an Envoy whose gateway
 * refuses everything. What passes all the same passed by the lane, and of each the real gateway is asked in
 * the same moment, with what the registry got.
 */

const SEED = 20261124
const GENERATED = 1_500
const NEAR = 2_500
/** At a time, each on a connection of its own. */
const CLIENTS = 8

/** Of one's own and of others, with up to three things done to it. */
function nearlyRead(random: Random): RawRequest {
  const name = random.pick([OWN, OWN, OWN, `${OWN}/x`, `${OWN}x`, ...OTHERS])
  const read: RawRequest = {
    method: random.pick(['GET', 'HEAD']),
    target: digestPath(name, random.pick(['blobs', 'manifests'])),
    ...{ headers: [], body: '' },
  }
  const steps = Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, () =>
    random.pick(MUTATIONS),
  )
  return steps.reduce((request, step) => step(request, random), read)
}

for (const normalize of [true, false]) {
  describe(`the fast lane where Envoy ${normalize ? 'normalizes' : 'passes raw paths on'}`, () => {
    let lane: LaneWitness
    before(async () => {
      lane = await startLaneWitness({ normalize })
    })
    after(() => lane.stop())

    /** Sends them, with a token whose lane is open; gives how many passed. */
    async function sendAll(requests: readonly RawRequest[]): Promise<number> {
      const begin = lane.passed.length
      const left = [...requests]
      let fetched = -Infinity
      let values: Values = {}
      const client = async () => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          if (performance.now() - fetched > 20_000) {
            fetched = performance.now()
            values = { ...values, token: await lane.token(OWN) }
          }
          await askAlone(lane.front.port, toBytes(next, values), next.method)
        }
      }
      values = { token: await lane.token(OWN) }
      fetched = performance.now()
      await Promise.all(Array.from({ length: CLIENTS }, client))
      return lane.passed.length - begin
    }

    it('lets nothing of the corpus pass that the gateway would not', async () => {
      await sendAll([...readCorpus().values()].flat().map(({ request }) => request))
      assert.deepEqual(lane.wrong, [])
    })

    it('lets nothing pass that clients and attackers send and the gateway would not', async () => {
      await sendAll(Array.from({ length: GENERATED }, (_, i) => generate(SEED, i).request))
      assert.deepEqual(lane.wrong, [])
    })

    it('lets nothing pass that is nearly a read by digest and the gateway would not', async (test) => {
      const random = new Random(SEED)
      const count = await sendAll(Array.from({ length: NEAR }, () => nearlyRead(random)))
      test.diagnostic(`${count} of ${NEAR} passed`)
      assert.deepEqual(lane.wrong, [])
      // A run in which nothing passes finds nothing, and one in which all does tries nothing.
      assert.ok(count > NEAR / 20 && count < NEAR / 2, `${count} passed`)
    })
  })
}
