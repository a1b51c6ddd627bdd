import { text } from 'node:stream/consumers'
import { MOST_INPUT, readBoundedText } from '../../config/bounded-text.ts'
import { messageOf } from '../../errors.ts'
import { usage } from './usage.ts'

/** All of stdin, or of a file. What can't be read is ERR_USAGE. */
export async function readInput(name: string): Promise<string> {
  if (name === '-') return text(process.stdin)
  try {
    return readBoundedText(name, MOST_INPUT)
  } catch (error) {
    throw usage(`cannot read ${name} (${messageOf(error)}): name a file, or - for stdin`)
  }
}
