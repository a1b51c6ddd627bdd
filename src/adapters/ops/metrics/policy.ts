import { Counter, type Registry } from 'prom-client'
import { gauge, info } from './gauges.ts'

export interface PolicyFigures {
  readonly rules: number
  /** Tells one text of a policy from another. */
  readonly version: string
}

export interface PolicyMetrics {
  /** A changed policy file can't be used. */
  policyReloadFailed(): void
  /** From now on tells of the policy of now. */
  observePolicy(policy: () => PolicyFigures): void
}

export function createPolicyMetrics(registry: Registry): PolicyMetrics {
  const failures = new Counter({
    name: 'rauth_policy_reload_failures_total',
    help: 'States of the policy file that could not be used.',
    registers: [registry],
  })
  return {
    policyReloadFailed() {
      failures.inc()
    },
    observePolicy(policy) {
      gauge(
        registry,
        { name: 'rauth_policy_rules', help: 'Rules of the policy that decides.', merged: 'max' },
        () => policy().rules,
      )
      info(
        registry,
        {
          ...{ name: 'rauth_policy_info', labelNames: ['version'] },
          help: 'Always 1; the version of the policy that decides, the beginning of the SHA-256 of its text.',
        },
        () => ({ version: policy().version }),
      )
    },
  }
}
