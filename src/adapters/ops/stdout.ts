import { pino, type DestinationStream } from 'pino'
import { prettyLine } from './pretty-line.ts'

/** Lines for programs, or for whoever sits before a terminal, with colours or not. */
export interface StdoutOptions {
  readonly pretty: boolean
  readonly colors: boolean
}

/** Takes log lines as JSON. A line is written when this returns: none is lost with the process. */
export function openStdout({ pretty, colors }: StdoutOptions): DestinationStream {
  const stdout = pino.destination({ fd: 1, sync: true })
  if (!pretty) return stdout
  return {
    write(line) {
      stdout.write(prettyLine(line, colors))
    },
  }
}
