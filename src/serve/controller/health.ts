import type { HealthPart } from '../../adapters/ops/health.ts'
import type { Overview } from '../../adapters/kubernetes/overview.ts'
import type { Parts } from './parts.ts'

export interface ControllerHealthOptions {
  readonly overview: Pick<Overview, 'synced' | 'problem'>
  readonly logs: Pick<Parts['logs'], 'health'>
  /** What is wrong with the configuration, or waits for a restart. */
  readonly config: () => string | undefined
  /** Why nobody is known to lead. */
  readonly leader: () => string | undefined
  /** False once it is to stop. */
  readonly running: () => boolean
}

/** All that `rauth controller` is made of. */
export function controllerHealth(options: ControllerHealthOptions): readonly HealthPart[] {
  const { overview, logs, config, leader, running } = options
  const { health: audit } = logs
  return [
    { name: 'cluster', ready: () => overview.synced(), trouble: () => overview.problem() },
    { name: 'config', trouble: config },
    { name: 'leader', trouble: leader },
    // `audit.required` is for decisions: what was written is written, so it goes on.
    ...(audit === undefined ? [] : [{ ...audit, ready: () => true }]),
    { name: 'running', ready: running },
  ]
}
