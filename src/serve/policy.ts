import { createHash } from 'node:crypto'
import { openFileDocument, type FileDocument } from '../adapters/file/document-store.ts'
import { POLICY_FILE } from '../adapters/file/document-text.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import type { PolicyFigures } from '../adapters/ops/metrics/policy.ts'
import { configuredPolicy } from '../config/configured-policy.ts'
import type { Config } from '../config/schema.ts'
import { policyWarningsOf } from '../config/warnings.ts'
import type { Log } from '../log.ts'
import { namespacePolicy, type Policy } from '../policy/policy.ts'

export interface OpenPolicy extends FileDocument<Policy> {
  readonly figures: () => PolicyFigures
}

export interface OpenPolicyOptions {
  readonly config: Config
  readonly log: Log
  readonly metrics: Pick<Metrics, 'policyReloadFailed'>
}

/** The policy as it is configured: from a file, or the one without a file. */
export async function openPolicy({ config, log, metrics }: OpenPolicyOptions): Promise<OpenPolicy> {
  const { file } = config.policy
  let version = versionOf(JSON.stringify(config.policy))
  /** Throws as {@link configuredPolicy}. */
  function parse(text: string, fileName: string): Policy {
    const policy = configuredPolicy(config, text, fileName)
    for (const warning of policyWarningsOf(policy, config)) log.warn({ file: fileName }, warning)
    version = versionOf(text)
    return policy
  }
  const opened =
    file === undefined
      ? withoutFile(namespacePolicy(config.policy))
      : await openFileDocument<Policy>({
          ...{ file, log, kind: POLICY_FILE, parse: (text) => parse(text, file) },
          count: ({ rules }) => ({ rules: rules.length }),
          onFailure: () => {
            metrics.policyReloadFailed()
          },
        })
  return { ...opened, figures: () => ({ rules: opened.current().rules.length, version }) }
}

/** Characters of a version: two policies do not have the same by accident. */
const VERSION_LENGTH = 12

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, VERSION_LENGTH)
}

function withoutFile(policy: Policy): FileDocument<Policy> {
  return { current: () => policy, problem: () => undefined, close: () => undefined }
}
