import { pino, type Logger } from 'pino'
import type { DecisionEvent } from '../../event.ts'
import { refusalKind } from '../../refusal.ts'

/**
 * JSON lines on stdout. The paths below are a second net: nothing that rauth logs holds a secret,
 * since secrets have a type that cannot print itself.
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['authorization', 'password', 'token', '*.authorization', '*.password', '*.token'],
  })
}

/** One line a decision; allowed ones at `info`, refused ones at the level of their reason. */
export function logDecision(logger: Logger, event: DecisionEvent): void {
  const { duration, ...fields } = event
  const level = event.reason === undefined ? 'info' : refusalKind(event.reason).level
  logger[level]({ ...fields, milliseconds: Math.round(duration * 1000) / 1000 }, 'decision')
}
