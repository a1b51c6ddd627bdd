import { Command, InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../config/read.ts'
import { run, type Role } from '../serve/run.ts'
import { addConfigArgument, namedFile, type ConfigOption } from './config-option.ts'

interface ServeOptions extends ConfigOption {
  readonly role: Role
  readonly port?: number
}

export function serveCommand(): Command {
  return addConfigArgument(new Command('serve'))
    .description('Run the token service and the gateway.')
    .addOption(
      new Option('--role <role>', 'which half to run')
        .choices(['all', 'token', 'gateway'])
        .default('all'),
    )
    .option('--port <port>', 'port of the token service, over listen.token', parsePort)
    .exitOverride()
    .action((argument: string | undefined, options: ServeOptions, command: Command) => {
      if (options.port !== undefined && options.role === 'gateway') {
        command.error(
          'error: --port is that of the token service, which --role gateway does not run',
        )
      }
      return run(loadConfig(namedFile(argument, options, command), process.env), options)
    })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
}
