import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import type { Command } from 'commander'
import type { ConfigSource } from '../serve/config-reloads.ts'
import type { Role } from '../serve/role.ts'
import { run } from '../serve/run.ts'
import { withArgument, type AnyConfigOption } from './config-option.ts'
import { configSource, loadAnyConfig } from './configured.ts'
import { withLogFormat, type LogFormatOption } from './log-format-option.ts'

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
  const role = options.role ?? (dockerAuthConfig === undefined ? 'all' : 'token')
  const { file, parse } = configSource(named)
  const source: ConfigSource = {
    file,
    parse(text) {
      const loaded = parse(text)
      return { ...loaded, config: withLogFormat(loaded.config, options) }
    },
  }
  if (cluster.isWorker) {
    const { runWorker } = await import('../serve/workers/worker.ts')
    return runWorker({ role, port, source })
  }
  const { config, unheeded: warnings } = loadAnyConfig(named)
  const workers = countOf(options.workers ?? config.workers)
  if (workers === 1) {
    return run(withLogFormat(config, options), { role, port, warnings, source })
  }
  const { runPrimary } = await import('../serve/workers/primary.ts')
  const text = file === undefined ? '' : readFileSync(file, 'utf8')
  // All processes have one text, also where the file was changed since it was read.
  const same = source.parse(text)
  return runPrimary(same.config, { role, workers, text, warnings: same.unheeded, source })
}

function countOf(workers: number | 'auto'): number {
  return workers === 'auto' ? os.availableParallelism() : workers
}
