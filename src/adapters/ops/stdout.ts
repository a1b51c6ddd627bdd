import { pino, type DestinationStream } from 'pino'
import { prettyLine } from './pretty-line.ts'

/** Lines for programs, or for whoever sits before a terminal, with colours or not. */
export interface StdoutOptions {
  readonly pretty: boolean
  readonly colors: boolean
  /** A line will never be there. */
  readonly onLost: () => void
}

/** Whether lines are for people: by `logFormat`, and by whether they go to a terminal. */
export function isPretty(logFormat: string, isTerminal: boolean): boolean {
  return logFormat === 'pretty' || (logFormat === 'auto' && isTerminal)
}

/** Of lines that wait for a stdout which takes none, bytes; what comes on top of these is lost. */
const MOST_WAITING = 1024 * 1024

/**
 * Takes log lines as JSON. A line is written when this returns: none is lost with the process. Never throws: what can't
 * be written, such as to a file on a full disk, costs nobody an answer. It waits, as far as there is room, and is
 * written before the next line that can be.
 */
export function openStdout({ pretty, colors, onLost }: StdoutOptions): DestinationStream {
  const stdout = pino.destination({ fd: 1, sync: true, maxLength: MOST_WAITING })
  // Without a listener it throws into whoever logs. There is no place left to tell it.
  stdout.on('error', () => undefined)
  stdout.on('drop', onLost)
  if (!pretty) return stdout
  return {
    write(line) {
      stdout.write(prettyLine(line, colors))
    },
  }
}
