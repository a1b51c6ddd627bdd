import { listNamespaces } from '../../adapters/kubernetes/managed/namespace-list.ts'
import { createManagedNamespaces } from '../../adapters/kubernetes/managed/namespaces.ts'
import { createLogger } from '../../adapters/ops/logger.ts'
import type { Config } from '../../config/schema.ts'
import { messageOf } from '../../errors.ts'
import { openCluster } from './cluster.ts'
import { planningOf, settingsOf } from './planning.ts'
import { tellInLog } from './tell.ts'
import { createWorker } from './worker.ts'

/** Longest time until the API server begins to answer, milliseconds. */
export const PATIENCE = 30_000

/** Namespaces at a time. */
const AT_ONCE = 8

/** What came of it: namespaces by how they are now. */
export interface Once {
  readonly inStep: number
  readonly obstructed: number
  readonly failed: number
}

/** `rauth controller --once`: each namespace one time, as a CronJob does it. */
export async function runOnce(config: Config, dryRun: boolean): Promise<Once> {
  const log = createLogger(config.logLevel)
  const settings = settingsOf(config)
  const cluster = await openCluster(config, () => undefined)
  const { api, server, from, insecure } = cluster
  if (insecure) log.warn({ server, from }, 'the certificate of the API server is not checked')
  const { signal } = new AbortController()
  const work = createWorker({
    namespaces: createManagedNamespaces({
      ...{ ...settings, api, signal, patience: PATIENCE, mayWrite: () => true },
    }),
    ...{ planning: planningOf(config, () => Date.now() / 1000), dryRun },
    told: tellInLog(log, settings, dryRun),
  })
  const counts = { inStep: 0, obstructed: 0, failed: 0 }
  try {
    const waiting = [...(await chosen())]
    const next = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        try {
          const { obstacle } = await work(name, true)
          counts[obstacle === undefined ? 'inStep' : 'obstructed'] += 1
        } catch (error) {
          counts.failed += 1
          log.error({ namespace: name, error: messageOf(error) }, 'a namespace could not be done')
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, next))
  } finally {
    cluster.close()
  }
  log.info({ server, ...counts }, dryRun ? 'dry run: nothing was written' : 'all namespaces done')
  return counts

  async function chosen(): Promise<readonly string[]> {
    const { labelSelector, except, only } = config.controller.namespaces
    const isChosen = (name: string) => !except.includes(name)
    if (only.length > 0) return only.filter(isChosen)
    const found = await listNamespaces({
      ...{ api, signal, patience: PATIENCE },
      ...(labelSelector !== '*' && { labelSelector }),
    })
    return found.filter(isChosen)
  }
}
