import type { AccessReviews } from '../adapters/kubernetes/access-review.ts'
import type { HealthPart } from '../adapters/ops/health.ts'
import type { AskedDecider } from '../authorize.ts'
import { openPolicyCommand } from './policy-command.ts'
import type { Common } from './common.ts'

export interface OpenDecider {
  readonly decider: AskedDecider
  readonly health: HealthPart
}

/** Who is asked about what the rules leave open, if anybody is. Throws where it can't be asked. */
export async function openDecider(common: Common): Promise<OpenDecider | undefined> {
  const { decider, config, timer } = common
  if (decider === undefined) return undefined
  const opened =
    decider.name === 'policy.command'
      ? await openPolicyCommand(config, timer)
      : await openAccessReviews(common)
  if (opened === undefined) return undefined
  const { ask, problem: trouble } = opened
  return { decider: { ...decider, ask }, health: { name: decider.name, trouble } }
}

async function openAccessReviews({
  cluster,
  config,
  timer,
  metrics,
}: Common): Promise<AccessReviews> {
  const { timeout, concurrency: atOnce, remember } = config.policy.kubernetes
  const { api } = await cluster.open()
  const { createAccessReviews } = await import('../adapters/kubernetes/access-review.ts')
  return createAccessReviews({
    onLookup: metrics.lookup('access_reviews'),
    ...{ api, atOnce, timer, timeout: timeout * 1000, remember: remember * 1000 },
  })
}
