import type { AskedDecider, AskPolicy } from '../authorize.ts'
import { openPolicyCommand } from './policy-command.ts'
import type { Common } from './common.ts'

/** Who is asked about what the rules leave open, if anybody is. Throws where it can't be asked. */
export async function openDecider(common: Common): Promise<AskedDecider | undefined> {
  const { decider, config } = common
  if (decider === undefined) return undefined
  const ask =
    decider.name === 'policy.command'
      ? await openPolicyCommand(config)
      : await openAccessReviews(common)
  return ask && { ...decider, ask }
}

async function openAccessReviews({ cluster, config, timer }: Common): Promise<AskPolicy> {
  const { timeout, concurrency: atOnce, remember } = config.policy.kubernetes
  const { api } = await cluster.open()
  const { createAccessReviews } = await import('../adapters/kubernetes/access-review.ts')
  return createAccessReviews({
    ...{ api, atOnce, timer, timeout: timeout * 1000, remember: remember * 1000 },
  })
}
