import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { messageOf } from '../../errors.ts'
import { usage } from './usage.ts'

/** All of stdin, or of a file. What can't be read is ERR_USAGE. */
export async function readInput(name: string): Promise<string> {
  if (name === '-') return text(process.stdin)
  try {
    return await readFile(name, 'utf8')
  } catch (error) {
    throw usage(`cannot read ${name} (${messageOf(error)}): name a file, or - for stdin`)
  }
}
