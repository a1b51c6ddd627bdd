import {
  createFilePolicyStore,
  type FilePolicyStore,
} from '../adapters/file/policy/policy-store.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import { configuredPolicy } from '../config/configured-policy.ts'
import type { Config } from '../config/schema.ts'
import { policyWarningsOf } from '../config/warnings.ts'
import type { Log } from '../log.ts'
import { namespacePolicy, type Policy } from '../policy/policy.ts'

export type OpenPolicy = FilePolicyStore

export interface OpenPolicyOptions {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
}

/** The policy as it is configured: from a file, or the one without a file. */
export async function openPolicy({ config, log, metrics }: OpenPolicyOptions): Promise<OpenPolicy> {
  const { file } = config.policy
  /** Throws as {@link configuredPolicy}. */
  function parse(text: string, fileName: string): Policy {
    const policy = configuredPolicy(config, text, fileName)
    for (const warning of policyWarningsOf(policy)) log.warn({ file: fileName }, warning)
    return policy
  }
  const opened =
    file === undefined
      ? withoutFile(namespacePolicy(config.policy))
      : await createFilePolicyStore({
          ...{ file, log, parse: (text) => parse(text, file) },
          onFailure: () => {
            metrics.policyReloadFailed()
          },
        })
  metrics.observePolicy(() => opened.current().rules.length)
  return opened
}

function withoutFile(policy: Policy): OpenPolicy {
  return { current: () => policy, problem: () => undefined, close: () => undefined }
}
