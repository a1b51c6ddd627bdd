import cluster from 'node:cluster'
import { RauthError } from '../errors.ts'
import { isForPeople, logFatal } from '../serve/fatal-line.ts'
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
    if (!(error instanceof RauthError) || isForPeople(formatOf(options))) throw error
    const message = cluster.isWorker ? 'a worker did not start' : 'rauth did not start'
    logFatal({ code: error.code, error: error.message }, message, cluster.worker?.id)
    process.exitCode = exitCodeOf(error)
  }
}

/** What the file says counts where it can be read. */
function formatOf(options: AnyConfigOption & LogFormatOption): string {
  try {
    return withLogFormat(loadAnyConfig(options).config, options).logFormat
  } catch {
    return options.logFormat ?? process.env['RAUTH_LOG_FORMAT'] ?? 'auto'
  }
}
