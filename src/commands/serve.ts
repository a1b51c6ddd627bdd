import cluster from 'node:cluster'
import os from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { idleWorkers } from '../config/warnings.ts'
import type { Role } from '../serve/role.ts'
import { run } from '../serve/run.ts'
import {
  addAnyConfigOption,
  configSource,
  loadAnyConfig,
  withArgument,
  type AnyConfigOption,
} from './config-option.ts'
import {
  addLogFormatOption,
  sourceWithLogFormat,
  withLogFormat,
  type LogFormatOption,
} from './log-format-option.ts'

interface ServeOptions extends AnyConfigOption, LogFormatOption {
  readonly role?: Role
  readonly port?: number
  readonly workers?: number | 'auto'
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
    .option(
      '--workers <number>',
      'processes that serve the same ports, or auto: one for each core (default: what workers says)',
      parseWorkers,
    )
    .addHelpText('after', '\nExample:\n  rauth serve -c rauth.yaml --role gateway')
    .exitOverride()
    .action(async (argument: string | undefined, options: ServeOptions, command: Command) => {
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
      const role = options.role ?? (dockerAuthConfig === undefined ? 'all' : 'token')
      const source = sourceWithLogFormat(configSource(named), options)
      if (cluster.isWorker) {
        const { runWorker } = await import('../serve/workers/worker.ts')
        return runWorker({ role, port, source })
      }
      const { text, unheeded, ...loaded } = loadAnyConfig(named)
      const config = withLogFormat(loaded.config, options)
      const cores = os.availableParallelism()
      const wanted = options.workers ?? config.workers
      const workers = wanted === 'auto' ? cores : wanted
      const warnings = [...unheeded, ...idleWorkers(workers, cores)]
      if (workers === 1) return run(config, { role, port, warnings, source })
      const { runPrimary } = await import('../serve/workers/primary.ts')
      return runPrimary(config, { role, workers, cores, text, warnings, source })
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
