import type { Observed } from './observed.ts'
import type { PlanContext } from './settings.ts'
import type { Plan } from './step.ts'

/** The pull Secret in the lists of the ServiceAccounts, beside what stands there. */
export function planAccounts(
  { accounts }: Observed,
  { settings: { serviceAccounts, pullSecretName } }: PlanContext,
): Pick<Plan, 'step' | 'obstacle'> {
  for (const account of serviceAccounts) {
    const found = accounts[account]
    if (found === undefined || found.pullSecrets.includes(pullSecretName)) continue
    const pullSecrets = [...found.pullSecrets, pullSecretName]
    const { version } = found
    return { step: { kind: 'link', why: 'missing', account, version, pullSecrets } }
  }
  const missing = serviceAccounts.filter((account) => accounts[account] === undefined)
  if (missing.length === 0) return {}
  const message = `there is no ServiceAccount ${missing.join(', ')}: make it, or take it out of controller.serviceAccounts`
  return { obstacle: { reason: 'ServiceAccountMissing', message } }
}
