import { formatInstant } from '../instant.ts'
import { isMapping } from '../mapping.ts'
import { CONDITIONS, ROTATE } from './marks.ts'
import { NOT_YET_INSTANT } from './login.ts'
import type { Obstacle } from './step.ts'

/** As Kubernetes has conditions (`metav1.Condition`). */
export interface Condition {
  readonly type: 'Ready' | 'OldPasswordValid'
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
}

export interface Standing {
  readonly obstacle?: Obstacle | undefined
  /** When the password before ends, seconds since the epoch. */
  readonly previousUntil: number | undefined
  /** The credentials have the next password, and the pull Secret gets it in a moment. */
  readonly rotating?: boolean
}

/**
 * The text of the annotation that says how a namespace stands, in place of `status`, which Secrets do not have.
 * The time of a condition is that of its last change.
 */
export function conditionsText(
  { obstacle, previousUntil, rotating = false }: Standing,
  annotations: Readonly<Record<string, string>>,
  now: number,
): string {
  const before = conditionsIn(annotations)
  const condition = (
    type: Condition['type'],
    isTrue: boolean,
    reason: string,
    message: string,
  ): Condition => {
    const status = isTrue ? 'True' : 'False'
    const known = before.find((one) => one.type === type && one.status === status)
    const lastTransitionTime = known?.lastTransitionTime ?? formatInstant(now)
    return { type, status, reason, message, lastTransitionTime }
  }
  const conditions = [
    obstacle !== undefined
      ? condition('Ready', false, obstacle.reason, obstacle.message)
      : rotating
        ? condition('Ready', true, 'Rotating', 'the pull Secret gets the next password in a moment')
        : condition('Ready', true, 'InStep', 'both Secrets have the same password'),
    previousUntil === undefined || previousUntil <= now
      ? condition('OldPasswordValid', false, 'Settled', 'no password before this one works')
      : condition(
          'OldPasswordValid',
          true,
          'Overlap',
          overlapMessage(previousUntil) + waitingMessage(annotations),
        ),
  ]
  return JSON.stringify(conditions)
}

function overlapMessage(until: number): string {
  return until === NOT_YET_INSTANT
    ? 'the password before works until the pull Secret has the next one, and then for the overlap'
    : `the password before works until ${formatInstant(until)}`
}

/** A second rotation would end the first one's password before. */
function waitingMessage(annotations: Readonly<Record<string, string>>): string {
  return annotations[ROTATE] === undefined || annotations[ROTATE] === 'now'
    ? ''
    : `; ${WAITING} (${ROTATE}=now does not wait, and ends it at once)`
}

const WAITING = 'a rotation was asked for and waits until then'

/** Whether conditions say already that a rotation waits. */
export function saysThatItWaits(annotations: Readonly<Record<string, string | null>>): boolean {
  return conditionsIn(annotations).some(({ message }) => message.includes(WAITING))
}

function conditionsIn(annotations: Readonly<Record<string, string | null>>): readonly Condition[] {
  try {
    const found: unknown = JSON.parse(annotations[CONDITIONS] ?? '[]')
    const list: readonly unknown[] = Array.isArray(found) ? found : []
    return list.filter(
      (one): one is Condition =>
        isMapping(one) &&
        ['type', 'status', 'message', 'lastTransitionTime'].every(
          (key) => typeof one[key] === 'string',
        ),
    )
  } catch {
    return []
  }
}
