import { Command, InvalidArgumentError, Option } from 'commander'
import { addAnyConfigOption } from './config-option.ts'
import { addLogFormatOption } from './log-format-option.ts'
import type { ServeOptions } from './run-serve.ts'

export function serveCommand(): Command {
  return addLogFormatOption(addAnyConfigOption(new Command('serve')))
    .argument('[file]', 'the same as --config')
    .description('Run the token service and the gateway.')
    .addOption(
      new Option(
        '--role <role>',
        'which half to run (default: all; token with --docker-auth-config)',
      ).choices(['all', 'token', 'gateway']),
    )
    .option('--port <port>', 'port of the token service, over listen.token', parsePort)
    .option(
      '--workers <number>',
      'processes that serve the same ports, or auto: one for each core (default: what workers says)',
      parseWorkers,
    )
    .addHelpText('after', '\nExample:\n  rauth serve -c rauth.yaml --role gateway')
    .exitOverride()
    .action(async (argument: string | undefined, options: ServeOptions, command: Command) => {
      const { runServe } = await import('./run-serve.ts')
      await runServe(argument, options, command)
    })
}

function parseWorkers(text: string): number | 'auto' {
  const workers = Number(text)
  if (text === 'auto' || (Number.isInteger(workers) && workers >= 1 && workers <= 256)) {
    return text === 'auto' ? text : workers
  }
  throw new InvalidArgumentError('workers are a whole number from 1 to 256, or auto')
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
}
