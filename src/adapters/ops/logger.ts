import { pino, type Logger } from 'pino'
import { recordOf, type DecisionEvent } from '../../event.ts'
import { refusalKind } from '../../refusal.ts'

/**
 * What a line looks like. The hidden paths are a second net: nothing that rauth logs holds a secret,
 * since secrets have a type that cannot print itself.
 */
export const LOG_OPTIONS = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) },
  redact: ['authorization', 'password', '*.authorization', '*.password'],
}

/** JSON lines on stdout. */
export function createLogger(level: string): Logger {
  return pino({ ...LOG_OPTIONS, level })
}

/** One line a decision; allowed ones at `info`, refused ones at the level of their reason. */
export function logDecision(logger: Logger, event: DecisionEvent): void {
  const level = event.reason === undefined ? 'info' : refusalKind(event.reason).level
  // Else every check would make a line that nobody sees.
  if (!logger.isLevelEnabled(level)) return
  const { duration, ...fields } = recordOf(event)
  logger[level]({ ...fields, milliseconds: Math.round(duration * 1000) / 1000 }, 'decision')
}
