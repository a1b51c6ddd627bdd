import { Command } from 'commander'
import { addAnyConfigOption } from '../config-option.ts'
import { outputOption } from '../output.ts'
import type { LintOptions } from './run-lint.ts'

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
    .action(async (options: LintOptions) => {
      const { runLint } = await import('./run-lint.ts')
      await runLint(options)
    })
}
