import type { ControlSettings } from './settings.ts'
import type { Observed } from './observed.ts'
import type { Obstacle, Step, Why } from './step.ts'
import { wordsOf } from './words.ts'

/**
 * The one record of a write to a namespace, or of why there is none; it stands beside those of decisions and has
 * their names for the same. Nothing of a Secret is in it but what it is called.
 */
export interface WriteEvent {
  readonly id: string
  readonly half: 'controller'
  /** `refused`: what is there is not rauth's to change. */
  readonly outcome: 'allowed' | 'refused' | 'failed'
  /** That of the obstacle, or `not_written`. */
  readonly reason?: Obstacle['reason'] | 'not_written'
  readonly detail: string
  readonly namespaces: readonly [string]
  readonly action?: Step['kind']
  /** `KIND/NAME`. */
  readonly object?: string
  readonly cause?: Why
}

type ObjectNames = Pick<ControlSettings, 'secretName' | 'pullSecretName'>

export function writtenEvent(
  id: string,
  step: Step,
  { namespace }: Pick<Observed, 'namespace'>,
  settings: ObjectNames,
): WriteEvent {
  const { message: detail } = wordsOf(step)
  return {
    ...{ id, half: 'controller', outcome: 'allowed', namespaces: [namespace] },
    ...{ action: step.kind, object: objectOf(step, settings), cause: step.why, detail },
  }
}

export function obstacleEvent(
  id: string,
  { namespace }: Pick<Observed, 'namespace'>,
  { reason, message: detail }: Obstacle,
): WriteEvent {
  return { id, half: 'controller', outcome: 'refused', reason, namespaces: [namespace], detail }
}

export function failureEvent(id: string, namespace: string, detail: string): WriteEvent {
  const reason = 'not_written'
  return { id, half: 'controller', outcome: 'failed', reason, namespaces: [namespace], detail }
}

function objectOf(step: Step, { secretName, pullSecretName }: ObjectNames): string {
  if (step.kind === 'link') return `ServiceAccount/${step.account}`
  return `Secret/${step.target === 'credentials' ? secretName : pullSecretName}`
}
