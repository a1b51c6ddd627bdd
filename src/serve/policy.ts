import {
  openFileDocument,
  versionOf,
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
  /** The texts of files that others took who serve as one with this process. */
  readonly taken?: ReadonlyMap<string, string> | undefined
  /** The policy of another configuration, in whose place it comes. */
  readonly before?: { readonly config: Config; readonly policySource: OpenPolicy } | undefined
}

/** The policy as it is configured: from a file, or the one without a file. */
export async function openPolicy(options: OpenPolicyOptions): Promise<OpenPolicy> {
  const { config, log, metrics, taken, before } = options
  const { file } = config.policy
  /** Throws as {@link configuredPolicy}. */
  function parse(text: string, fileName: string): Policy {
    const policy = configuredPolicy(config, text, fileName)
    for (const warning of policyWarningsOf(policy, config)) log.warn({ file: fileName }, warning)
    return { ...policy, version: versionOf(text) }
  }
  const opened =
    file === undefined
      ? withoutFile(config.policy)
      : await openFileDocument<Policy>({
          ...{ file, log, kind: POLICY_FILE, parse: (text) => parse(text, file) },
          count: ({ rules }) => ({ rules: rules.length }),
          lost: (next, said) => lostOfPolicy(next, said, deciderOf(config)),
          taken: before === undefined ? taken?.get(file) : undefined,
          // A half that waits to be asked for does so under another configuration, too.
          before: before?.config.policy.file === file ? before.policySource.whole() : undefined,
          onFailure: () => {
            metrics.policyReloadFailed()
          },
        })
  const figures = () => ({ rules: opened.current().rules.length, version: opened.whole().version })
  return { ...opened, figures }
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

function withoutFile(configured: Config['policy']): FileDocument<Policy> {
  const text = JSON.stringify(configured)
  const version = versionOf(text)
  const said = { ...namespacePolicy(configured), version }
  const whole = { text, said, version }
  const nothing = () => undefined
  return {
    ...{ current: () => said, whole: () => whole },
    ...{ problem: nothing, request: nothing, close: nothing },
  }
}
