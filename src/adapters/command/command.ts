import { createAskingQueue } from '../../credentials/asking-queue.ts'
import { runProgram, type ProgramRun } from '../run-program.ts'

/** A program of the administrator's that answers by its exit code and by what it prints. */
export interface CommandOptions extends Pick<ProgramRun, 'program' | 'args' | 'environment'> {
  /** Longest time for one answer, waiting for its turn included, milliseconds. */
  readonly timeout: number
  /** How many run at a time. */
  readonly atOnce: number
}

export type CommandOutcome =
  | { readonly kind: 'exit'; readonly code: number; readonly stdout: Buffer }
  /** It gave no answer; `detail` is for the log. */
  | { readonly kind: 'failure'; readonly detail: string }

/** Runs it once, with this on its standard input; `share`: whose place it takes. Never rejects. */
export type Command = (input: string, share: string) => Promise<CommandOutcome>

/** Longest answer, bytes. */
const MAX_OUTPUT = 64 * 1024

/** Each question is one process, as with docker_auth. What it says on standard error goes where rauth's own goes. */
export function createCommand(options: CommandOptions): Command {
  const { atOnce, timeout } = options
  const queue = createAskingQueue(atOnce)
  return (input, share) => {
    const deadline = performance.now() + timeout
    return (
      queue(share, () => run(options, input, deadline)) ??
      Promise.resolve(failure('too many questions wait for the command'))
    )
  }
}

async function run(
  { timeout, ...program }: CommandOptions,
  input: string,
  deadline: number,
): Promise<CommandOutcome> {
  const patience = deadline - performance.now()
  if (patience <= 0) return failure('the command had no turn in time')
  const end = await runProgram({ ...program, input, patience, most: MAX_OUTPUT })
  switch (end.kind) {
    case 'exit':
      return { kind: 'exit', code: end.code, stdout: end.output }
    case 'signal':
      return failure(`the command was ended by ${end.name}`)
    case 'too-long':
      return failure(`the command printed more than ${MAX_OUTPUT / 1024} KiB`)
    case 'not-run':
      return failure(`the command cannot be run: ${end.problem}`)
    case 'late':
    case 'aborted':
      return failure(`the command gave no answer within ${timeout / 1000} s`)
  }
}

function failure(detail: string): CommandOutcome {
  return { kind: 'failure', detail }
}
