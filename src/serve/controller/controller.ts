import { once } from 'node:events'
import type { Api } from '../../adapters/kubernetes/api.ts'
import { ApiRefusal } from '../../adapters/kubernetes/api-refusal.ts'
import type { Overview } from '../../adapters/kubernetes/overview.ts'
import { createManagedNamespaces } from '../../adapters/kubernetes/managed/namespaces.ts'
import type { ControllerMetrics, ReconcileOutcome } from '../../adapters/ops/controller-metrics.ts'
import { createTimers } from '../../adapters/timers.ts'
import { plan } from '../../control/plan.ts'
import type { Reconciliation } from '../../control/reconcile.ts'
import type { PlanContext } from '../../control/settings.ts'
import type { Plan } from '../../control/step.ts'
import { createWorkQueue, type WorkFailure, type WorkQueue } from '../../control/work-queue.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createWorker, type Told, type Work } from './worker.ts'

/** While it lasts this replica is the one that writes. */
export interface Term {
  readonly signal: AbortSignal
  /** Asked before each write. */
  readonly mayWrite: () => boolean
}

export interface ControllerOptions {
  readonly api: Api
  readonly overview: Overview
  readonly planning: () => PlanContext
  readonly dryRun: boolean
  readonly told: Told
  readonly log: Log
  readonly metrics: Pick<ControllerMetrics, 'reconciled'>
  /** Longest time until the API server begins to answer, milliseconds. */
  readonly patience: number
  /** Waits after failures, milliseconds: the first and the longest. */
  readonly backoff: readonly [first: number, most: number]
}

export interface Controller {
  /** Something of a namespace is another than before. */
  readonly changed: (namespace: string) => void
  /** Works until the term ends. Everything must have been read before. */
  readonly lead: (term: Term) => Promise<void>
  /** Names in the queue by state; of one that does not lead, none. */
  readonly queue: () => Readonly<Record<string, number>>
  /** Namespaces that are not as they should be. */
  readonly obstructed: () => number
}

/** Namespaces at a time, and in all. */
const AT_ONCE = 8
const MOST = 200_000

/** Time goes by without anybody changing anything, and clocks are put right: the longest until the next look. */
const MAX_WAIT = 600

const IDLE = { waiting: 0, working: 0, later: 0, failing: 0 }

/**
 * Looks at each namespace when something of it changes, when it is time, and again where it failed. Whether there
 * is anything to do it knows from memory; what is done is planned from what the API server has at that moment.
 */
export function createController(options: ControllerOptions): Controller {
  const { overview, planning, log, metrics, patience, told } = options
  let queue: WorkQueue | undefined
  /** Of each namespace that is not as it should be, what it was told. */
  const obstacles = new Map<string, string>()

  function stand(namespace: string, { obstacle }: Plan | Reconciliation): void {
    if (obstacle === undefined) {
      obstacles.delete(namespace)
      return
    }
    const text = `${obstacle.reason}: ${obstacle.message}`
    if (obstacles.get(namespace) === text) return
    obstacles.set(namespace, text)
    told.obstacle(namespace, obstacle)
  }

  async function look(namespace: string, work: Work): Promise<number | undefined> {
    const known = plan(overview.observed(namespace), planning())
    const isQuiet = known.step === undefined
    const found = isQuiet ? known : await work(namespace, overview.isChosen(namespace))
    stand(namespace, found)
    const settled: ReconcileOutcome = isQuiet ? 'in_step' : 'wrote'
    metrics.reconciled(found.obstacle === undefined ? settled : 'obstructed')
    if (found.wake === undefined) return undefined
    return Math.min(MAX_WAIT, Math.max(1, found.wake - planning().now)) * 1000
  }

  function failed({ key, error, failures, wait }: WorkFailure): void {
    // Somebody else wrote in between; there will be another plan.
    const isConflict = error instanceof ApiRefusal && error.status === 409
    metrics.reconciled(isConflict ? 'conflict' : 'failed')
    if (isConflict && failures < 3) return
    const seconds = Math.round(wait / 1000)
    log.error(
      { namespace: key, error: messageOf(error), failures, seconds },
      'a namespace could not be done: it is tried again',
    )
  }

  return {
    changed(namespace) {
      queue?.add(namespace, true)
    },
    async lead({ signal, mayWrite }) {
      const { settings } = planning()
      const namespaces = createManagedNamespaces({
        ...{ ...settings, api: options.api, signal, patience, mayWrite },
      })
      const work = createWorker({ ...options, namespaces })
      obstacles.clear()
      queue = createWorkQueue({
        ...{ atOnce: AT_ONCE, most: MOST, backoff: options.backoff, random: Math.random },
        work: (namespace) => look(namespace, work),
        leastWait: (error) => (error instanceof ApiRefusal ? error.retryAfter : 0),
        onFailure: failed,
        timers: createTimers(() => performance.now()),
      })
      for (const name of overview.names()) queue.add(name)
      if (!signal.aborted) await once(signal, 'abort')
      await queue.close()
      queue = undefined
    },
    queue: () => ({ ...(queue?.counts() ?? IDLE) }),
    obstructed: () => obstacles.size,
  }
}
