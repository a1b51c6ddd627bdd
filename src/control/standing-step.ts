import { conditionsText, saysThatItWaits, type Standing } from './conditions.ts'
import { changeCredentials } from './credential-steps.ts'
import { CONDITIONS, isOwned } from './marks.ts'
import type { ObservedSecret } from './observed.ts'
import type { PlanContext } from './settings.ts'
import type { Obstacle, Plan, Step } from './step.ts'

/** Says how the namespace stands, where that is not what the Secret says. That a rotation waits is told once. */
export function tell(
  credentials: ObservedSecret,
  standing: Standing,
  { now }: PlanContext,
): Pick<Plan, 'step'> {
  const text = conditionsText(standing, credentials.annotations, now)
  if (credentials.annotations[CONDITIONS] === text) return {}
  const annotations = { [CONDITIONS]: text }
  const isNews = saysThatItWaits(annotations) && !saysThatItWaits(credentials.annotations)
  const step: Step = changeCredentials(credentials, isNews ? 'rotation_waits' : 'condition', {
    annotations,
  })
  return { step }
}

/** What there is no way around, told in the Secret too where that is rauth's. */
export function hindered(
  credentials: ObservedSecret,
  obstacle: Obstacle,
  previousUntil: number | undefined,
  context: PlanContext,
): Plan {
  if (!isOwned(credentials)) return { obstacle }
  return { obstacle, ...tell(credentials, { obstacle, previousUntil }, context) }
}
