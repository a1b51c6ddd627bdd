import { once } from 'node:events'
import { ApiRefusal } from '../../adapters/kubernetes/api-refusal.ts'
import type {
  ControllerMetrics,
  NamespaceState,
  ReconcileOutcome,
} from '../../adapters/ops/controller-metrics.ts'
import { createTimers } from '../../adapters/timers.ts'
import { plan } from '../../control/plan.ts'
import type { Observed } from '../../control/observed.ts'
import type { Obstacle } from '../../control/step.ts'
import {
  createWorkQueue,
  type Worked,
  type WorkFailure,
  type WorkQueue,
} from '../../control/work-queue.ts'
import { messageOf } from '../../errors.ts'
import type { Aims } from './aims.ts'
import { AT_ONCE } from './limits.ts'
import { createWorker, type Term, type Told, type Work, type WorkerOptions } from './worker.ts'

export interface ControllerOptions extends WorkerOptions {
  /** By which each look goes that begins. */
  readonly aims: () => Aims
  readonly told: Told
  readonly metrics: Pick<ControllerMetrics, 'reconciled'>
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
  /** Chosen namespaces by how the last look at them ended; of one that does not lead, none. */
  readonly namespaces: () => Readonly<Record<NamespaceState, number>>
}

/** Namespaces in all. */
const MOST = 200_000

/** Time goes by without anybody changing anything, and clocks are put right: the longest until the next look. */
const MAX_WAIT = 600

/** One look and its writes at a time; so many at once are somebody at work, more are two who disagree. Milliseconds. */
const PACE = { burst: 10, every: 10_000 }

const IDLE = { waiting: 0, working: 0, later: 0, failing: 0 }

/**
 * Looks at each namespace when something of it changes, when it is time, and again where it failed. Whether there
 * is anything to do it knows from memory; what is done is planned from what the API server has at that moment.
 */
export function createController(options: ControllerOptions): Controller {
  const { aims, metrics, told } = options
  let queue: WorkQueue | undefined
  /** Of each namespace that is not as it should be, what it was told. */
  const obstacles = new Map<string, string>()
  const states = new Map<string, NamespaceState>()

  function stand({ overview }: Aims, observed: Observed, obstacle: Obstacle | undefined): void {
    const { namespace } = observed
    if (!overview.isChosen(namespace)) states.delete(namespace)
    else states.set(namespace, obstacle === undefined ? 'in_step' : 'obstructed')
    if (obstacle === undefined) {
      if (obstacles.delete(namespace) && overview.isChosen(namespace)) told.settled(namespace)
      return
    }
    const text = `${obstacle.reason}: ${obstacle.message}`
    if (obstacles.get(namespace) === text) return
    obstacles.set(namespace, text)
    told.obstacle(observed, obstacle)
  }

  async function look(namespace: string, work: Work): Promise<Worked> {
    const by = aims()
    const { overview, planning } = by
    const seen = overview.observed(namespace)
    const known = plan(seen, planning())
    const found =
      known.step === undefined
        ? { observed: seen, obstacle: known.obstacle, wake: known.wake, steps: 0 }
        : await work(namespace, overview.isChosen(namespace), by)
    const { observed, obstacle, wake, steps } = found
    stand(by, observed, obstacle)
    metrics.reconciled(outcomeOf(steps, obstacle))
    const next =
      wake === undefined ? undefined : Math.min(MAX_WAIT, Math.max(1, wake - planning().now)) * 1000
    return { next, wrote: steps > 0 && !options.dryRun }
  }

  function outcomeOf(steps: number, obstacle: Obstacle | undefined): ReconcileOutcome {
    if (obstacle !== undefined) return 'obstructed'
    if (steps === 0) return 'in_step'
    return options.dryRun ? 'would_write' : 'wrote'
  }

  function failed({ key, error, failures, wait }: WorkFailure, { mayWrite }: Term): void {
    // It is another's by now, who does it.
    if (!options.dryRun && !mayWrite()) return
    // Somebody else wrote in between; there will be another plan.
    const isConflict = error instanceof ApiRefusal && error.status === 409
    metrics.reconciled(isConflict ? 'conflict' : 'failed')
    if (isConflict && failures < 3) return
    if (aims().overview.isChosen(key)) states.set(key, 'failing')
    const seconds = Math.round(wait / 1000)
    const again = `failure ${failures}, tried again in ${seconds} s`
    told.failed(key, `${messageOf(error)}; ${again}`)
  }

  return {
    changed(namespace) {
      queue?.add(namespace, true)
    },
    async lead(term) {
      const { signal } = term
      const work = createWorker(options, term)
      queue = createWorkQueue({
        ...{ atOnce: AT_ONCE, most: MOST, backoff: options.backoff, random: Math.random },
        pace: PACE,
        work: (namespace) => look(namespace, work),
        leastWait: (error) => (error instanceof ApiRefusal ? error.retryAfter : 0),
        onFailure: (failure) => {
          failed(failure, term)
        },
        timers: createTimers(() => performance.now()),
      })
      for (const name of aims().overview.names()) queue.add(name)
      if (!signal.aborted) await once(signal, 'abort')
      await queue.close()
      queue = undefined
      obstacles.clear()
      states.clear()
    },
    queue: () => ({ ...(queue?.counts() ?? IDLE) }),
    namespaces() {
      const counts = { in_step: 0, obstructed: 0, failing: 0 }
      for (const state of states.values()) counts[state] += 1
      return counts
    },
  }
}
