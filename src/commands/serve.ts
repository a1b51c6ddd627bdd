import { Command, InvalidArgumentError, Option } from 'commander'
import type { ConfigSource } from '../serve/config-reloads.ts'
import type { Role } from '../serve/role.ts'
import { run } from '../serve/run.ts'
import {
  addAnyConfigOption,
  configSource,
  loadAnyConfig,
  withArgument,
  type AnyConfigOption,
} from './config-option.ts'
import { addLogFormatOption, withLogFormat, type LogFormatOption } from './log-format-option.ts'

interface ServeOptions extends AnyConfigOption, LogFormatOption {
  readonly role?: Role
  readonly port?: number
}

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
    .addHelpText('after', '\nExample:\n  rauth serve -c rauth.yaml --role gateway')
    .exitOverride()
    .action((argument: string | undefined, options: ServeOptions, command: Command) => {
      const { dockerAuthConfig, port } = options
      if (dockerAuthConfig !== undefined && (options.role ?? 'token') !== 'token') {
        command.error(
          'error: a docker_auth configuration is for --role token: it has no gateway; ' +
            'rauth migrate docker-auth makes one that can have',
        )
      }
      if (port !== undefined && options.role === 'gateway') {
        command.error(
          'error: --port is that of the token service, which --role gateway does not run',
        )
      }
      const named = withArgument(argument, options, command)
      const { config, unheeded } = loadAnyConfig(named)
      const role = options.role ?? (dockerAuthConfig === undefined ? 'all' : 'token')
      const { file, parse } = configSource(named)
      const source: ConfigSource = {
        file,
        parse(text) {
          const loaded = parse(text)
          return { ...loaded, config: withLogFormat(loaded.config, options) }
        },
      }
      return run(withLogFormat(config, options), { role, port, warnings: unheeded, source })
    })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535')
}
