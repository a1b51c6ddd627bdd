import type { Api } from '../../adapters/kubernetes/api.ts'
import { createManagedNamespaces } from '../../adapters/kubernetes/managed/namespaces.ts'
import { createChoiceReader } from '../../adapters/kubernetes/namespace-choice.ts'
import { DRY_WRITER } from '../../control/dry-writer.ts'
import { reconcile, type Reconciliation } from '../../control/reconcile.ts'
import type { Observed } from '../../control/observed.ts'
import type { Obstacle, Step } from '../../control/step.ts'
import type { Aims } from './aims.ts'
import { PATIENCE } from './limits.ts'

/** While it lasts this replica is the one that writes. */
export interface Term {
  readonly signal: AbortSignal
  /** Asked before each write. */
  readonly mayWrite: () => boolean
}

/** What is heard of what is done for namespaces. */
export interface Told {
  /** `observed`: as it is after it. */
  step(step: Step, observed: Observed): void
  obstacle(observed: Observed, obstacle: Obstacle): void
  /** Something could not be read or written. */
  failed(namespace: string, detail: string): void
  /** There was one, and there is none any more. */
  settled(namespace: string): void
}

export interface WorkerOptions {
  readonly api: Api
  /** Write nothing. */
  readonly dryRun: boolean
  readonly told: Pick<Told, 'step'>
}

/**
 * Does for a namespace what is to be done, as it is at that moment, by these aims to its end; `managed`: it is chosen,
 * as far as is known.
 */
export type Work = (namespace: string, managed: boolean, aims: Aims) => Promise<Reconciliation>

export function createWorker(
  { api, dryRun, told }: WorkerOptions,
  { signal, mayWrite }: Term,
): Work {
  const asking = { api, signal, patience: PATIENCE }

  return async (namespace, known, { settings, choice, planning }) => {
    const namespaces = createManagedNamespaces({ ...settings, ...asking, mayWrite })
    /** A watch may be late or full, and what is deleted by mistake is gone. */
    const mayKeep = async () =>
      settings.whenUnmanaged === 'delete' &&
      (await createChoiceReader({ ...asking, choice })(namespace))
    const managed = known || (await mayKeep())
    return reconcile(await namespaces.observe(namespace, managed), {
      ...{ writer: dryRun ? DRY_WRITER : namespaces, context: planning },
      onStep: (step, observed) => {
        told.step(step, observed)
      },
    })
  }
}
