import type { Logger } from 'pino'
import type { WriteEvent } from '../../control/write-event.ts'
import { recordOf, type DecisionEvent } from '../../event.ts'
import { refusalKind } from '../../refusal.ts'

/** What is on a line beside the record. */
export interface Beside {
  /** The line stands for so many like it. */
  readonly sampled?: number
}

/** One line a decision; allowed ones at `info`, refused ones at the level of their reason. docs/audit.md. */
export function logDecision(logger: Logger, event: DecisionEvent, beside: Beside = {}): void {
  const level = event.reason === undefined ? 'info' : refusalKind(event.reason).level
  // Else every check would make a line that nobody sees.
  if (!logger.isLevelEnabled(level)) return
  const { duration, ...fields } = recordOf(event)
  const milliseconds = Math.round(duration * 1000) / 1000
  logger[level]({ ...fields, milliseconds, ...beside }, 'decision')
}

const WRITE_LEVELS = { allowed: 'info', refused: 'warn', failed: 'error' } as const

/** One line a write of the controller, or why there was none, with the names of a decision's. */
export function logWrite(logger: Logger, event: WriteEvent): void {
  logger[WRITE_LEVELS[event.outcome]](event, 'decision')
}
