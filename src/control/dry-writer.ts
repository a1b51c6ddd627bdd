import { applyStep } from './apply.ts'
import type { Writer } from './reconcile.ts'

/** Writes nothing, and gives what would be there. */
export const DRY_WRITER: Writer = {
  apply: (observed, step) => Promise.resolve(applyStep(observed, step, 'of a dry run')),
}
