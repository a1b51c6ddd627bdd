import { Command } from 'commander'
import { lintCommand } from './policy/lint.ts'
import { testCommand } from './policy/test.ts'

export function policyCommand(): Command {
  return new Command('policy')
    .description(
      'Policies: try them on cases, and look for rules that do not say what they seem to.',
    )
    .exitOverride()
    .addCommand(testCommand())
    .addCommand(lintCommand())
}
