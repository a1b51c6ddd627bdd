import { Command } from 'commander'
import { addConfigOption } from './config-option.ts'
import { addLogFormatOption } from './log-format-option.ts'
import type { ControllerOptions } from './run-controller.ts'

export function controllerCommand(): Command {
  return addLogFormatOption(addConfigOption(new Command('controller')))
    .argument('[file]', 'the same as --config')
    .description('Make the Secrets of namespaces, repair them and rotate their passwords.')
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--once', 'do each namespace one time, then end; exit 1 if one is not as it should be')
    .addHelpText('after', '\nExample:\n  rauth controller -f rauth.yaml --once --dry-run')
    .exitOverride()
    .action(async (argument: string | undefined, given: ControllerOptions, command: Command) => {
      const { runControllerCommand } = await import('./run-controller.ts')
      await runControllerCommand(argument, given, command)
    })
}
