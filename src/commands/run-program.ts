import { CommanderError, type Command } from 'commander'
import { RauthError } from '../errors.ts'
import { visibleLines } from '../printable.ts'
import { exitCodeOf } from './exit-codes.ts'

/** Runs a program by its arguments. Exit codes: 0 yes or ok, 1 denied or invalid, 2 usage or no answer, 3 unreachable. */
export async function runProgram(program: Command): Promise<void> {
  // Whoever reads the output may have seen enough, as `head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  try {
    await program.parseAsync()
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : 2
    } else if (thrown instanceof RauthError) {
      process.stderr.write(`${visibleLines(thrown.message)}\n`)
      process.exitCode = exitCodeOf(thrown)
    } else {
      throw thrown
    }
  }
}
