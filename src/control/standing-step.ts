import { conditionsText, type Standing } from './conditions.ts'
import { changeCredentials } from './credential-steps.ts'
import { CONDITIONS, isOwned } from './marks.ts'
import type { ObservedSecret } from './observed.ts'
import type { PlanContext } from './settings.ts'
import type { Obstacle, Plan, Step } from './step.ts'

/** Says how the namespace stands, where that is not what the Secret says. */
export function tell(
  credentials: ObservedSecret,
  standing: Standing,
  { now }: PlanContext,
): Pick<Plan, 'step'> {
  const text = conditionsText(standing, credentials.annotations, now)
  if (credentials.annotations[CONDITIONS] === text) return {}
  const step: Step = changeCredentials(credentials, 'condition', {
    annotations: { [CONDITIONS]: text },
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
