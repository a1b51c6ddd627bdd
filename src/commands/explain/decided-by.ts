import { askRunning } from '../../adapters/probe/running.ts'
import type { Config } from '../../config/schema.ts'
import { RauthError } from '../../errors.ts'
import type { Judged } from '../../serve/asking/judge.ts'
import { otherPolicy } from '../asking/other-policy.ts'

/**
 * What whoever looks up the rules of a decision must know of the policy that it was made by: that another one decides
 * by now, or that the file says something else.
 *
 * @param here The configuration, if the rauth that decided is the one of this machine.
 */
export async function decidedBy(
  { record, explanation }: Judged,
  operations: string,
  here: Config | undefined,
): Promise<readonly string[]> {
  if (record.rule === undefined || record.half === 'catalog') return []
  const running = await askRunning(operations).catch((error: unknown) => {
    if (error instanceof RauthError && error.code === 'ERR_UNREACHABLE') return undefined
    throw error
  })
  if (running === undefined) return []
  const refused = running.troubles.get('policy')
  return [
    ...ofBefore(explanation, running.policies),
    ...(refused === undefined
      ? []
      : [`the policy file is another by now, and is not taken: ${refused}`]),
    ...(here === undefined ? [] : await otherPolicy(here, running)),
  ]
}

function ofBefore(
  explanation: Judged['explanation'],
  policies: readonly string[],
): readonly string[] {
  if (explanation === undefined) {
    return ['another policy decides by now than the one of this decision, whose lines these are']
  }
  const { policy } = explanation
  if (policy === undefined || policies.length === 0 || policies.includes(policy)) return []
  return [
    `this was decided by version ${policy} of the policy, whose lines these are; version ` +
      `${policies.join(' and ')} decides by now`,
  ]
}
