import type { Log } from '../../src/log.ts'

export interface LoggedLine {
  readonly level: string
  readonly message: string
  readonly fields: Record<string, unknown>
}

/** A log whose lines are kept. */
export function logInto(lines: LoggedLine[]): Log {
  const to = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } })
  }
  return { info: to('info'), warn: to('warn'), error: to('error') }
}
