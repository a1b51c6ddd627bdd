import { createHash } from 'node:crypto'
import {
  openFileDocument,
  type DocumentText,
  type FileDocument,
} from '../adapters/file/document-store.ts'
import { POLICY_FILE } from '../adapters/file/document-text.ts'
import type { Metrics } from '../adapters/ops/metrics.ts'
import type { PolicyFigures } from '../adapters/ops/metrics/policy.ts'
import { configuredPolicy } from '../config/configured-policy.ts'
import type { Config } from '../config/schema.ts'
import { deciderOf } from '../config/decider.ts'
import { lostEnd, WHOLE_OF_IT } from '../config/lost-end.ts'
import type { Decider } from '../policy/decider.ts'
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
          lost: (next, before) => lostOfPolicy(next, before, deciderOf(config)),
          onFailure: () => {
            metrics.policyReloadFailed()
          },
        })
  return { ...opened, figures: () => ({ rules: opened.current().rules.length, version }) }
}

/** Why a denial at the end counts. */
const DECIDERS = 'what no rule is about is decided by others'

/** The last denial is nothing more than what no rule is about, unless somebody decides that. */
function lostOfPolicy(
  next: DocumentText<Policy>,
  before: DocumentText<Policy>,
  decider: Decider | undefined,
): string | undefined {
  const lost = lostEnd(next.text, before.text)
  if (lost !== undefined) return `${lost}: ${WHOLE_OF_IT}`
  const isShorter = next.said.rules.length < before.said.rules.length
  if (decider === undefined || !isShorter || before.said.rules.at(-1)?.actions.length !== 0) {
    return undefined
  }
  return next.said.rules.at(-1)?.actions.length === 0
    ? undefined
    : `the rule at its end, which denied, is gone, and ${DECIDERS}: ${WHOLE_OF_IT}`
}

/** Characters of a version: two policies do not have the same by accident. */
const VERSION_LENGTH = 12

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, VERSION_LENGTH)
}

function withoutFile(policy: Policy): FileDocument<Policy> {
  const nothing = () => undefined
  return { current: () => policy, problem: nothing, request: nothing, close: nothing }
}
