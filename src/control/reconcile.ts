import { NOT_YET_INSTANT, readLogin } from './login.ts'
import { plan } from './plan.ts'
import type { Observed } from './observed.ts'
import type { PlanContext } from './settings.ts'
import type { Obstacle, Step } from './step.ts'

/** Writes to a cluster. */
export interface Writer {
  /**
   * Does a step, and gives the namespace as it is then. Rejects where somebody else wrote since it was observed,
   * and where it is not known whether it was done.
   */
  apply(observed: Observed, step: Step): Promise<Observed>
}

export interface Reconciliation {
  /** As it is at the end. */
  readonly observed: Observed
  readonly obstacle: Obstacle | undefined
  /** When there is something to do though nobody changes anything, seconds since the epoch. */
  readonly wake: number | undefined
  /** How much was done. */
  readonly steps: number
}

export interface ReconcileOptions {
  readonly writer: Writer
  /** With the time of now, each time. */
  readonly context: () => PlanContext
  /** Told of each step that was done. */
  readonly onStep: (step: Step, observed: Observed) => void
}

/** More than any state needs: what does not come to rest is a mistake of rauth's, and writes must end. */
const MAX_STEPS = 24

/** Does for a namespace what is to be done, step by step, until nothing is. */
export async function reconcile(
  found: Observed,
  { writer, context, onStep }: ReconcileOptions,
): Promise<Reconciliation> {
  let observed = found
  for (let count = 0; count < MAX_STEPS; count += 1) {
    const { step, obstacle, wake } = plan(observed, context())
    if (step === undefined) return { observed, obstacle, wake, steps: count }
    observed = await writer.apply(observed, step)
    onStep(step, observed)
  }
  throw new Error(`${found.namespace} does not come to rest after ${MAX_STEPS} writes`)
}

/** Whether a rotation has begun, and the pull Secret is to follow at `wake`. */
export function isHalfway({ observed, wake }: Reconciliation, context: PlanContext): boolean {
  const { credentials, namespace } = observed
  if (credentials === undefined || wake === undefined) return false
  const reading = readLogin(credentials.data, namespace, context)
  return reading.ok && reading.login.previousUntil === NOT_YET_INSTANT
}
