import type { ManagedNamespaces } from '../../adapters/kubernetes/managed/namespaces.ts'
import { applyStep } from '../../control/apply.ts'
import { reconcile, type Reconciliation, type Writer } from '../../control/reconcile.ts'
import type { Observed } from '../../control/observed.ts'
import type { PlanContext } from '../../control/settings.ts'
import type { Obstacle, Step } from '../../control/step.ts'

/** What is heard of what is done for namespaces. */
export interface Told {
  /** `observed`: as it is after it. */
  step(step: Step, observed: Observed): void
  obstacle(namespace: string, obstacle: Obstacle): void
}

export interface WorkerOptions {
  readonly namespaces: ManagedNamespaces
  readonly planning: () => PlanContext
  /** Write nothing. */
  readonly dryRun: boolean
  readonly told: Pick<Told, 'step'>
}

/** Does for a namespace what is to be done, as it is at that moment. */
export type Work = (namespace: string, managed: boolean) => Promise<Reconciliation>

export function createWorker({ namespaces, planning, dryRun, told }: WorkerOptions): Work {
  const dry: Writer = {
    apply: (observed, step) => Promise.resolve(applyStep(observed, step, 'of a dry run')),
  }
  return async (namespace, managed) =>
    reconcile(await namespaces.observe(namespace, managed), {
      ...{ writer: dryRun ? dry : namespaces, context: planning },
      onStep: (step, observed) => {
        told.step(step, observed)
      },
    })
}
