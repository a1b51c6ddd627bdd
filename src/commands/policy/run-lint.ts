import { lint } from '../../policy/lint.ts'
import { readOffline, type OfflineOptions } from '../asking/offline.ts'
import { printJson, say, type Output } from '../output.ts'
import { formatTable } from '../table.ts'

export interface LintOptions extends OfflineOptions {
  readonly output: Output
}

/** `rauth policy lint`. */
export async function runLint({ output, ...options }: LintOptions): Promise<void> {
  const { policy, config } = await readOffline(options)
  const findings = lint(policy, options.policy === undefined ? config.policy.format : 'rauth')
  if (output === 'json') printJson(findings)
  else if (findings.length > 0) {
    const rows = findings.map(({ rule, kind, message }) => [rule, kind, message])
    process.stdout.write(formatTable([['RULE', 'KIND', 'WHAT'], ...rows]))
  }
  const { length } = policy.rules
  say([
    `${length} ${length === 1 ? 'rule' : 'rules'}, ${findings.length} with something against them`,
  ])
  // A rule for all is told, and may be what is meant; the others do not do what they say.
  process.exitCode = findings.some(({ kind }) => kind !== 'open') ? 1 : 0
}
