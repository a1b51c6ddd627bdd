import type { Log } from '../log.ts'
import { say } from './output.ts'

/** The log of a command that people run: what they should know, on stderr, and nothing of what goes well. */
export const COMMAND_LOG: Log = {
  info: () => undefined,
  warn(_, message) {
    say([message])
  },
  error(_, message) {
    say([message])
  },
}
