import { conditionsText, saysThatItWaits } from './conditions.ts'
import { beginOverlap, endOverlap, rotate, rotateNow } from './credential-steps.ts'
import type { Login } from './login.ts'
import { CONDITIONS, ROTATE } from './marks.ts'
import type { Observed, ObservedSecret } from './observed.ts'
import { LEEWAY, rotatedAt, rotationDue } from './rotation.ts'
import type { PlanContext } from './settings.ts'
import { hindered, tell } from './standing-step.ts'
import type { Obstacle, Plan, Step } from './step.ts'

export interface InStep {
  readonly observed: Observed
  readonly credentials: ObservedSecret
  readonly login: Login
  /** What is wrong all the same. */
  readonly trouble: Obstacle | undefined
}

/** Both Secrets have the same password: how it goes on with that. */
export function planPassword(found: InStep, context: PlanContext): Plan {
  const { credentials, login, trouble } = found
  const { previousUntil } = login
  const step = nextStep(found, context)
  if (step !== undefined) {
    const obstacle = hindrance(found, step)
    if (obstacle === undefined) return { step, ...(trouble && { obstacle: trouble }) }
    return hindered(credentials, obstacle, previousUntil, context)
  }
  const wake = previousUntil === undefined ? dueAt(found, context) : previousUntil + LEEWAY
  return {
    ...(trouble && { obstacle: trouble }),
    ...tell(credentials, { obstacle: trouble, previousUntil }, context),
    ...(wake < Infinity && { wake }),
  }
}

/** The next write to the password or to the one before. */
function nextStep(found: InStep, context: PlanContext): Step | undefined {
  const { credentials, login, trouble: obstacle } = found
  const { now, settings } = context
  const { previousUntil } = login
  const asked = credentials.annotations[ROTATE]
  // That a rotation waits is a write of its own, for whoever hears of writes.
  const isSaid = saysThatItWaits(credentials.annotations)
  const said = Object.fromEntries(
    Object.entries(credentials.annotations).filter(([key]) => isSaid || key !== ROTATE),
  )
  const told = (until: number | undefined) => ({
    [CONDITIONS]: conditionsText({ obstacle, previousUntil: until }, said, now),
  })
  if (asked === 'now') return rotateNow(credentials, context)
  if (previousUntil === undefined) {
    // There is room for one password before: a second rotation would end the first one's.
    if (asked !== undefined) return rotate(credentials, login, 'asked', context)
    return dueAt(found, context) <= now ? rotate(credentials, login, 'aged', context) : undefined
  }
  // It has no end yet, or one that is no overlap's: by a clock that was ahead, or of somebody who had it before.
  if (previousUntil > now + settings.overlap + LEEWAY) {
    const until = now + settings.overlap
    return beginOverlap(credentials, until, told(until))
  }
  return previousUntil + LEEWAY <= now ? endOverlap(credentials, told(undefined)) : undefined
}

/** Seconds since the epoch. */
function dueAt({ observed, credentials }: InStep, { now, settings }: PlanContext): number {
  if (settings.rotateAfter === undefined) return Infinity
  const madeAt = rotatedAt(credentials.annotations, now) ?? now
  return rotationDue(observed.namespace, madeAt, settings.rotateAfter)
}

/** Why it can't be written, or would not come to its end. */
function hindrance({ observed, credentials }: InStep, { why }: Step): Obstacle | undefined {
  if (credentials.immutable) return CREDENTIALS_IMMUTABLE
  if (observed.pull?.immutable !== true || (why !== 'asked' && why !== 'aged')) return undefined
  const message =
    'the pull Secret is immutable, so the next password could not follow: delete it, and rauth makes another'
  return { reason: 'PullSecretImmutable', message }
}

export const CREDENTIALS_IMMUTABLE: Obstacle = {
  reason: 'CredentialsImmutable',
  message: 'the credentials are immutable: delete the Secret, and rauth makes another',
}
