import assert from 'node:assert/strict'
import { applyStep } from '../../../src/control/apply.ts'
import { CONDITIONS, ROTATE } from '../../../src/control/marks.ts'
import type { Observed } from '../../../src/control/observed.ts'
import { plan } from '../../../src/control/plan.ts'
import type { ControlSettings } from '../../../src/control/settings.ts'
import type { Obstacle, Step } from '../../../src/control/step.ts'
import { contextOf, EMPTY, foreign, NOW, valuesOf } from './world.ts'

export const DOCKER = 'kubernetes.io/dockerconfigjson'

export interface Outcome {
  readonly observed: Observed
  readonly steps: readonly Step[]
  readonly obstacle: Obstacle | undefined
  readonly wake: number | undefined
}

/** All that is to be done, done; fails where it does not come to rest. */
export function settle(
  from: Observed,
  settings: Partial<ControlSettings> = {},
  now = NOW,
  context = contextOf(settings),
): Outcome {
  let observed = from
  const steps: Step[] = []
  for (let version = 100; version < 120; version += 1) {
    const { step, obstacle, wake } = plan(observed, context(now))
    if (step === undefined) return { observed, steps, obstacle, wake }
    steps.push(step)
    observed = applyStep(observed, step, String(version))
  }
  return assert.fail('does not come to rest')
}

export const told = (steps: readonly Step[]) =>
  steps.map(
    (step) => `${step.kind} ${step.kind === 'link' ? step.account : step.target} ${step.why}`,
  )

/** Status and reason of each condition. */
export const condition = (observed: Observed) =>
  (
    JSON.parse(observed.credentials?.annotations[CONDITIONS] ?? '[]') as {
      status: string
      reason: string
    }[]
  ).map(({ status, reason }) => `${status} ${reason}`)

/** A namespace in step. */
export const made = () => settle(EMPTY).observed

/** The parts of a Secret changed as somebody would. */
export function edited(
  observed: Observed,
  which: 'credentials' | 'pull',
  data: Readonly<Record<string, string | undefined>>,
  parts: object = {},
): Observed {
  const before = observed[which] ?? assert.fail('there is none')
  const values = Object.entries({ ...valuesOf(before), ...data }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const secret = foreign(before.type, { ...before, data: Object.fromEntries(values), ...parts })
  return { ...observed, [which]: secret }
}

/** With annotations beside those that it has. */
export function annotated(
  observed: Observed,
  which: 'credentials' | 'pull',
  annotations: Readonly<Record<string, string>>,
  parts: object = {},
): Observed {
  const all = { ...observed[which]?.annotations, ...annotations }
  return edited(observed, which, {}, { ...parts, annotations: all })
}

export const ask = (observed: Observed, how: string) =>
  annotated(observed, 'credentials', { [ROTATE]: how })

/** Of passwords that are none of those that were made before. */
export function laterContext(settings: Partial<ControlSettings> = {}) {
  const context = contextOf(settings)
  for (let i = 0; i < 500; i += 1) context(NOW).newPassword()
  return context
}
