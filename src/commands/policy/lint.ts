import { Command } from 'commander'
import { addAnyConfigOption } from '../config-option.ts'
import { outputOption } from '../output.ts'
import type { LintOptions } from './run-lint.ts'

export function lintCommand(): Command {
  return addAnyConfigOption(new Command('lint'))
    .description(
      'Say which rules do not say what they seem to; exit 1 if there is one, those merely open to all aside.',
    )
    .option('--policy <file>', 'the policy (default: what the configuration says)')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  rauth policy lint --policy policy.yaml\n' +
        '\nFound are rules that give everything to all, or what belongs to namespaces whose names begin alike,\n' +
        'rules that never match or never decide, * that misses nested names, expressions without ^ and $, and\n' +
        'push without pull. rauth check-config warns of them, too, and says what is a mistake.',
    )
    .exitOverride()
    .action(async (options: LintOptions) => {
      const { runLint } = await import('./run-lint.ts')
      await runLint(options)
    })
}
