import { formatInstant } from '../instant.ts'
import { Redacted } from '../redacted.ts'
import { NO_PREVIOUS, NOT_YET, type Login, type LoginReading } from './login.ts'
import {
  isOwned,
  MANAGED_BY,
  MANAGER,
  missingMarks,
  OWNED,
  OWNER,
  ROTATE,
  ROTATED_AT,
  UNMANAGED_SINCE,
} from './marks.ts'
import type { ObservedSecret } from './observed.ts'
import { rotatedAt } from './rotation.ts'
import type { PlanContext } from './settings.ts'
import type { SecretChanges, Step, TextChanges, Why } from './step.ts'

/** A credential Secret for a namespace that has none: the namespace is its user name. */
export function createCredentials(namespace: string, { newPassword, now }: PlanContext): Step {
  return {
    ...{ kind: 'create', target: 'credentials', why: 'missing', type: 'Opaque' },
    content: {
      labels: { [MANAGED_BY]: MANAGER },
      annotations: { [OWNER]: OWNED, [ROTATED_AT]: formatInstant(now) },
      data: { username: new Redacted(namespace), password: newPassword() },
    },
  }
}

export function changeCredentials(
  { version }: ObservedSecret,
  why: Why,
  content: SecretChanges,
): Step {
  return { kind: 'change', target: 'credentials', why, version, content }
}

/** Makes the Secret rauth's, and one that rauth can use; undefined: it is both. */
export function settleCredentials(
  secret: ObservedSecret,
  { repair }: Extract<LoginReading, { ok: true }>,
  { now }: PlanContext,
): Step | undefined {
  const marks = missingMarks(secret)
  const annotations: TextChanges = {
    ...marks?.annotations,
    ...(rotatedAt(secret.annotations, now) === undefined && { [ROTATED_AT]: formatInstant(now) }),
    ...(secret.annotations[UNMANAGED_SINCE] !== undefined && { [UNMANAGED_SINCE]: null }),
  }
  const isRepaired = Object.keys(repair).length > 0
  if (!isRepaired && marks === undefined && Object.keys(annotations).length === 0) return undefined
  const why = isOwned(secret) ? (isRepaired ? 'unusable' : 'unmarked') : 'adopted'
  // A password that is made here is a new one.
  const renewed = repair['password'] instanceof Redacted && { [ROTATED_AT]: formatInstant(now) }
  return changeCredentials(secret, why, {
    ...(marks?.labels !== undefined && { labels: marks.labels }),
    annotations: { ...annotations, ...renewed },
    ...(isRepaired && { data: repair }),
  })
}

/**
 * The next password at once. The one before goes on working without an end: it gets one when the pull Secret is
 * seen to have the next, so that however long that takes, and whoever dies meanwhile, what is in it works.
 */
export function rotate(
  secret: ObservedSecret,
  { password }: Login,
  why: Why,
  { newPassword, now }: PlanContext,
): Step {
  return changeCredentials(secret, why, {
    annotations: rotated(secret, now),
    data: {
      ...{ ...removable(secret), password: newPassword() },
      ...{ previousPassword: password, previousPasswordNotAfter: new Redacted(NOT_YET) },
    },
  })
}

/** The next password, and no other works from then on: one was stolen. */
export function rotateNow(secret: ObservedSecret, { newPassword, now }: PlanContext): Step {
  return changeCredentials(secret, 'asked_now', {
    annotations: rotated(secret, now),
    data: { ...removable(secret), password: newPassword() },
  })
}

/** From when the pull Secret has the next password. */
export function beginOverlap(
  secret: ObservedSecret,
  until: number,
  annotations: TextChanges,
): Step {
  const end = new Redacted(formatInstant(until))
  return changeCredentials(secret, 'overlap_begins', {
    annotations,
    data: { previousPasswordNotAfter: end },
  })
}

export function endOverlap(secret: ObservedSecret, annotations: TextChanges): Step {
  return changeCredentials(secret, 'overlap_ended', { annotations, data: removable(secret) })
}

/** The request goes with the write that answers it: it is answered once, whoever dies. */
function rotated({ annotations }: ObservedSecret, now: number): TextChanges {
  return {
    [ROTATED_AT]: formatInstant(now),
    ...(annotations[ROTATE] !== undefined && { [ROTATE]: null }),
  }
}

/** The keys of the password before that are there. */
function removable({ data }: ObservedSecret) {
  const there = data.reveal()
  return Object.fromEntries(
    Object.entries(NO_PREVIOUS).filter(([key]) => Object.hasOwn(there, key)),
  )
}
