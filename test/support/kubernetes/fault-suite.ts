import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createApi, type Identity } from './api.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { FAULTS, SECONDS, timings, type FaultName } from './fault-table.ts'
import { follow, PROMISED, type Following } from './following.ts'
import { startHalves, type Halves } from './halves.ts'
import { startLink, type Link } from './link.ts'
import { startMoves, type Moves } from './moves.ts'
import { rightsOf, untilStatus } from './rights.ts'
import { secretsOf, type Secrets } from './secrets.ts'
import { PASSWORD, startVigil, STEADY, type Vigil } from './vigil.ts'
import { watchesOf } from './watches.ts'
import { watchStalls } from '../promised.ts'
import { until } from '../until.ts'

export const login = (namespace: string, password = PASSWORD) => ({ username: namespace, password })

/** What rauth asks for, as anybody with its rights may. */
export const CHOSEN = '/api/v1/secrets?fieldSelector=metadata.name%3Dregistry-credentials'

/** A real cluster, what leads to it, and both halves of rauth over a store that follows it there. */
export interface World extends Moves {
  readonly cluster: ControlPlane
  readonly secrets: Secrets
  readonly rauth: Identity
  readonly link: Link
  readonly following: Following
  readonly halves: Halves
  readonly vigil: Vigil
  /** The clock goes on from so many seconds after the real time. */
  readonly jump: (seconds: number) => Promise<void>
  /** Fails if the API server was asked more than a fault may cost: the waits between grow. */
  readonly assertBounded: () => void
  /** Waits until whoever has rauth's rights gets this status. */
  readonly untilAnswered: (status: number, identity?: Identity) => Promise<void>
}

/** Lets a fault happen and end; gives how long rauth was wrong after it, milliseconds. */
export type Act = (world: World) => Promise<number>

/**
 * A test for each fault of the table, in a cluster of its own. All the time the answers for namespaces that
 * nothing happens to must be right, there is one watch, the API server is not asked more than a bounded number of
 * times, and no promise is left alone.
 */
export function describeFaults(title: string, acts: Partial<Readonly<Record<FaultName, Act>>>) {
  describe(`${title}, for ${SECONDS} s each`, () => {
    let cluster: ControlPlane
    let secrets: Secrets
    let rauth: Identity
    let world: World
    let end: () => Promise<void>
    const rejections: unknown[] = []
    const onRejection = (reason: unknown) => rejections.push(reason)

    before(async () => {
      process.on('unhandledRejection', onRejection)
      cluster = await startControlPlane()
      secrets = secretsOf(cluster.api)
      for (const name of ['rauth', 'moved', ...STEADY]) await secrets.namespace(name)
      for (const name of STEADY) await secrets.create(name, login(name))
      rauth = await rightsOf(cluster.api, 'rbac.yaml')
      await untilAnswered(200)
    })
    after(async () => {
      await cluster.stop()
      process.off('unhandledRejection', onRejection)
    })
    beforeEach(async () => {
      await secrets.create('moved', login('moved', 'canary-0'))
      ;({ world, end } = await startWorld())
    })
    afterEach(async () => {
      await secrets.remove('moved').catch(() => undefined)
      await end()
      assert.deepEqual(rejections.splice(0), [], 'promises that nobody looked after')
    })

    async function untilAnswered(status: number, identity = rauth): Promise<void> {
      const api = createApi(cluster, identity)
      await untilStatus(api, CHOSEN, status)
      api.close()
    }

    async function startWorld(): Promise<{ world: World; end: () => Promise<void> }> {
      const failures: unknown[] = []
      let shift = 0
      const link = await startLink(cluster)
      const following = await follow(link, rauth, { timings })
      const { store, lines } = following
      const halves = await startHalves(
        store,
        () => Date.now() / 1000 + shift,
        (thrown) => failures.push(thrown),
      )
      await until('a list and a watch', 20_000, () => (following.answers[200] ?? 0) >= 2)
      const vigil = startVigil(following, halves)
      const began = performance.now()
      return {
        world: {
          ...{ cluster, secrets, rauth, link, following, halves, vigil, untilAnswered },
          ...startMoves({ secrets, halves }, 'canary-0'),
          jump: (seconds) =>
            vigil.between(() => {
              shift = seconds
            }),
          assertBounded() {
            // For each wait two: what is refused as 401 is asked again, and behind a list comes a watch.
            const waits = (performance.now() - began) / (timings.backoff[1] / 2)
            const most = 15 + 2 * waits
            const found = asked(following)
            assert.ok(found <= most, `${found} requests, more than ${most}`)
          },
        },
        async end() {
          await vigil.end().finally(async () => {
            await halves.close()
            await following.close()
            link.close()
          })
          assert.deepEqual(failures, [])
          assert.doesNotMatch(lines.join('\n'), /canary|Y2FuYXJ5/)
        },
      }
    }

    for (const [name, act] of Object.entries(acts) as [FaultName, Act][]) {
      it(name, async () => {
        const { took, late } = await onThisMachine(() => act(world))
        await reportFault(name, took)
        const most = FAULTS[name](timings) + late
        assert.ok(took <= most, `right again after ${took} ms only, of which ${late} not rauth's`)
        const { following, link, assertBounded } = world
        // A list may have told of all before the watch has shown that it works.
        await until('no trouble', 20_000, () => following.store.problem() === undefined)
        await until('one watch', 20_000, async () => (await watchesOf(cluster)) === 1)
        // The watch, a list beside it, and one that is being closed.
        assert.ok(link.most() <= 3, `${link.most()} connections at a time`)
        assertBounded()
        // And it goes on.
        const change = await onThisMachine(() => world.right())
        assert.ok(change.took <= PROMISED + change.late, JSON.stringify(change))
      })
    }
  })
}

/** How long something took, and which part of that the machine gave to others; milliseconds. */
async function onThisMachine(act: () => Promise<number>): Promise<{ took: number; late: number }> {
  const [begin, stalls] = [performance.now(), watchStalls()]
  try {
    const took = await act()
    return { took, late: (took * stalls.total()) / (performance.now() - begin) }
  } finally {
    stalls.stop()
  }
}

/** Requests to the API server until now. */
function asked({ answers }: Following): number {
  return Object.values(answers).reduce((sum, count) => sum + count, 0)
}

/** For whoever makes the table of all faults: a line of JSON in a file. */
export async function reportFault(name: FaultName, took: number): Promise<void> {
  process.stdout.write(`# ${name}: right again after ${took.toFixed(0)} ms\n`)
  const file = process.env['FAULT_REPORT']
  if (file !== undefined) await appendFile(file, `${JSON.stringify({ name, took })}\n`)
}
