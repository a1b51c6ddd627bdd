import { pino, type DestinationStream, type Logger } from 'pino'

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

/** JSON lines; on stdout if no other place is given. `base`: what each of them has. */
export function createLogger(
  level: string,
  destination?: DestinationStream,
  base: object | null = null,
): Logger {
  return pino(
    { ...LOG_OPTIONS, level, base: base === null ? null : { ...base } },
    destination ?? pino.destination({ fd: 1, sync: true }),
  )
}
