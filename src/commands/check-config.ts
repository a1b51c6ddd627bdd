import { Command } from 'commander'
import { addAnyConfigOption } from './config-option.ts'
import type { CheckConfigOptions } from './run-check-config.ts'

export function checkConfigCommand(): Command {
  return addAnyConfigOption(new Command('check-config'))
    .argument('[file]', 'the same as --config')
    .description('Say file:line:column of each mistake in a configuration; exit 1 if there is one.')
    .addHelpText('after', '\nExample:\n  rauth check-config rauth.yaml')
    .exitOverride()
    .option(
      '--no-files',
      'for another machine: neither look whether the files are here, nor into keys, TLS and Secrets',
    )
    .action(async (argument: string | undefined, given: CheckConfigOptions, command: Command) => {
      const { runCheckConfig } = await import('./run-check-config.ts')
      await runCheckConfig(argument, given, command)
    })
}
