import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config/schema.ts'
import { isHalfway, type Reconciliation } from '../../control/reconcile.ts'
import { messageOf } from '../../errors.ts'
import { untilRead } from './aiming.ts'
import type { Aims } from './aims.ts'
import { AT_ONCE } from './limits.ts'
import { openParts } from './parts.ts'
import { createWorker, type Work } from './worker.ts'

/** How long all that there is may take to be read, milliseconds. */
const READ_LIMIT = 60_000

/** What came of it: namespaces by how they are at the end. */
export interface Once {
  readonly inStep: number
  /** In a dry run: those for which something is to be written, and nothing is in its way. */
  readonly wouldWrite: number
  readonly obstructed: number
  readonly failed: number
}

/** `rauth controller --once`: each namespace one time, as a CronJob does it. */
export async function runOnce(config: Config, dryRun: boolean): Promise<Once> {
  const parts = await openParts(config, dryRun, () => undefined)
  const { cluster, aiming, told, log } = parts
  const { server } = cluster
  const aims = aiming.current()
  const counts = { inStep: 0, wouldWrite: 0, obstructed: 0, failed: 0 }
  try {
    await untilRead(aims, { server, limit: READ_LIMIT })
    const { signal } = new AbortController()
    const work = createWorker({ ...parts, api: cluster.api }, { signal, mayWrite: () => true })
    const waiting = [...aims.overview.names()]
    const next = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        try {
          const { obstacle, observed, steps } = await workToTheEnd(work, name, aims, dryRun)
          const isWritten = dryRun && steps > 0
          counts[obstacle !== undefined ? 'obstructed' : isWritten ? 'wouldWrite' : 'inStep'] += 1
          if (obstacle !== undefined) told.obstacle(observed, obstacle)
        } catch (error) {
          counts.failed += 1
          told.failed(name, messageOf(error))
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, next))
  } finally {
    await parts.close()
  }
  const message = dryRun ? 'dry run: nothing was written' : 'all namespaces done'
  log.info({ server, ...counts }, message)
  return counts
}

/** With the second half of a rotation that it began: it waits for that, so nobody else has to come for it. */
async function workToTheEnd(
  work: Work,
  namespace: string,
  aims: Aims,
  dryRun: boolean,
): Promise<Reconciliation> {
  const { overview, planning } = aims
  const result = await work(namespace, overview.isChosen(namespace), aims)
  if (dryRun || !isHalfway(result, planning())) return result
  await sleep(Math.max(0, (result.wake ?? 0) - planning().now) * 1000)
  return work(namespace, overview.isChosen(namespace), aims)
}
