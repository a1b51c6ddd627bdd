import cluster from 'node:cluster'
import os from 'node:os'
import type { Command } from 'commander'
import { idleWorkers } from '../config/warnings.ts'
import type { Role } from '../serve/role.ts'
import { run } from '../serve/run.ts'
import { withArgument, type AnyConfigOption } from './config-option.ts'
import { configSource, loadAnyConfig } from './configured.ts'
import { toldStart } from './told-start.ts'
import { sourceWithLogFormat, withLogFormat, type LogFormatOption } from './log-format-option.ts'

export interface ServeOptions extends AnyConfigOption, LogFormatOption {
  readonly role?: Role
  readonly port?: number
  readonly workers?: number | 'auto'
}

/** `rauth serve`: as a worker, as the primary of several, or alone. */
export async function runServe(
  argument: string | undefined,
  options: ServeOptions,
  command: Command,
): Promise<void> {
  const { dockerAuthConfig, port } = options
  if (dockerAuthConfig !== undefined && (options.role ?? 'token') !== 'token') {
    command.error(
      'error: a docker_auth configuration is for --role token: it has no gateway; ' +
        'rauth migrate docker-auth makes one that can have',
    )
  }
  if (port !== undefined && options.role === 'gateway') {
    command.error('error: --port is that of the token service, which --role gateway does not run')
  }
  const named = withArgument(argument, options, command)
  await toldStart({ ...options, ...named }, () => serve(named, options))
}

async function serve(named: AnyConfigOption, options: ServeOptions): Promise<void> {
  const { dockerAuthConfig, port } = options
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
}
