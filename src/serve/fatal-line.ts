import { isatty } from 'node:tty'
import { createLogger } from '../adapters/ops/logger.ts'
import { isPretty } from '../adapters/ops/stdout.ts'

/** Whether somebody reads what comes of the process, who wants sentences and no JSON. */
export function isForPeople(logFormat: string): boolean {
  return isPretty(logFormat, isatty(1)) || isatty(2)
}

/**
 * A line of JSON on stderr, of the level `fatal`: whoever watches the log for its levels hears of it, also where stdout
 * takes nothing.
 *
 * @param worker Which of several processes this is.
 */
export function logFatal(fields: object, message: string, worker?: number): void {
  createLogger('fatal', process.stderr, worker === undefined ? null : { worker }).fatal(
    fields,
    message,
  )
}
