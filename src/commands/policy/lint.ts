import { Command } from 'commander'
import { lint } from '../../policy/lint.ts'
import { readOffline, type OfflineOptions } from '../asking/offline.ts'
import { addAnyConfigOption } from '../config-option.ts'
import { outputOption, printJson, say, type Output } from '../output.ts'
import { formatTable } from '../table.ts'

interface LintOptions extends OfflineOptions {
  readonly output: Output
}

const OF_GLOBS = ['unreachable', 'misses-nested']

export function lintCommand(): Command {
  return addAnyConfigOption(new Command('lint'))
    .description('Say which rules do not say what they seem to; exit 1 if there is one.')
    .option('--policy <file>', 'the policy (default: what the configuration says)')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  rauth policy lint --policy policy.yaml\n' +
        '\nFound are rules that never decide, rules behind one for everything, * that misses nested names,\n' +
        'expressions without ^ and $, and push without pull. Mistakes are what rauth check-config says.',
    )
    .exitOverride()
    .action(async ({ output, ...options }: LintOptions) => {
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
    })
}
