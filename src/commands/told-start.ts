import cluster from 'node:cluster'
import { isatty } from 'node:tty'
import { createLogger } from '../adapters/ops/logger.ts'
import { isPretty } from '../adapters/ops/stdout.ts'
import { RauthError } from '../errors.ts'
import { loadAnyConfig } from './configured.ts'
import type { AnyConfigOption } from './config-option.ts'
import { exitCodeOf } from './exit-codes.ts'
import { withLogFormat, type LogFormatOption } from './log-format-option.ts'

/**
 * Runs what goes on until it is stopped. What keeps it from starting is, where the log is JSON, one line of JSON, too, on
 * stderr, so that whoever watches the log for its levels hears of it; for people it is the text alone.
 */
export async function toldStart(
  options: AnyConfigOption & LogFormatOption,
  start: () => Promise<void>,
): Promise<void> {
  try {
    await start()
  } catch (error) {
    if (!(error instanceof RauthError) || isForPeople(options)) throw error
    const [base, message] = cluster.isWorker
      ? [{ worker: cluster.worker?.id }, 'a worker did not start']
      : [null, 'rauth did not start']
    const logger = createLogger('fatal', process.stderr, base)
    logger.fatal({ code: error.code, error: error.message }, message)
    process.exitCode = exitCodeOf(error)
  }
}

function isForPeople(options: AnyConfigOption & LogFormatOption): boolean {
  return isPretty(formatOf(options), isatty(1)) || isatty(2)
}

/** What the file says counts where it can be read. */
function formatOf(options: AnyConfigOption & LogFormatOption): string {
  try {
    return withLogFormat(loadAnyConfig(options).config, options).logFormat
  } catch {
    return options.logFormat ?? process.env['RAUTH_LOG_FORMAT'] ?? 'auto'
  }
}
