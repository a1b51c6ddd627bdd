import { lint } from '../../policy/lint.ts'
import { readOffline, type OfflineOptions } from '../asking/offline.ts'
import { printJson, say, type Output } from '../output.ts'
import { formatTable } from '../table.ts'

export interface LintOptions extends OfflineOptions {
  readonly output: Output
}

const OF_GLOBS = ['unreachable', 'misses-nested']

/** `rauth policy lint`. */
export async function runLint({ output, ...options }: LintOptions): Promise<void> {
  const { policy, config } = await readOffline(options)
  // There ** is *, and what a glob is wider than is another matter.
  const isForeign = options.policy === undefined && config.policy.format === 'docker_auth'
  const findings = lint(policy).filter(({ kind }) => !isForeign || !OF_GLOBS.includes(kind))
  if (output === 'json') printJson(findings)
  else if (findings.length > 0) {
    const rows = findings.map(({ rule, kind, message }) => [rule, kind, message])
    process.stdout.write(formatTable([['RULE', 'KIND', 'WHAT'], ...rows]))
  }
  say([`${policy.rules.length} rules, ${findings.length} with something against them`])
  process.exitCode = findings.length > 0 ? 1 : 0
}
