import { spawn, type ChildProcess } from 'node:child_process'
import { createAskingQueue } from '../../credentials/asking-queue.ts'
import { messageOf } from '../../errors.ts'

/** A program of the administrator's that answers by its exit code and by what it prints. */
export interface CommandOptions {
  /** A path, or a name that is looked for on `PATH`. */
  readonly program: string
  /** Never seen by a shell. */
  readonly args: readonly string[]
  /** What it has instead of rauth's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
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

/**
 * Each question is one process, as with docker_auth, in a group of its own: who is late is ended with all
 * that it started. What it says on standard error goes where rauth's own goes.
 */
export function createCommand(options: CommandOptions): Command {
  const { atOnce, timeout } = options
  const queue = createAskingQueue(atOnce)
  return (input, share) => {
    const deadline = performance.now() + timeout
    return (
      queue(share, () => run(options, input, deadline)) ??
      Promise.resolve({ kind: 'failure', detail: 'too many questions wait for the command' })
    )
  }
}

function run(options: CommandOptions, input: string, deadline: number): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const left = deadline - performance.now()
    const failure = (detail: string) => {
      resolve({ kind: 'failure', detail })
    }
    if (left <= 0) {
      failure('the command had no turn in time')
      return
    }
    const cannotRun = (thrown: unknown) => {
      failure(`the command cannot be run: ${messageOf(thrown)}`)
    }
    const child = startOr(cannotRun, options)
    if (child === undefined) return
    const end = (detail: string) => {
      failure(detail)
      endGroup(child.pid)
    }
    const timer = setTimeout(() => {
      end(`the command gave no answer within ${options.timeout / 1000} s`)
    }, left)
    const chunks: Buffer[] = []
    let length = 0
    child.once('error', (error) => {
      clearTimeout(timer)
      cannotRun(error)
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length > MAX_OUTPUT) end(`the command printed more than ${MAX_OUTPUT / 1024} KiB`)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (code === null) failure(`the command was ended by ${signal ?? 'a signal'}`)
      else resolve({ kind: 'exit', code, stdout: Buffer.concat(chunks) })
    })
    // It may have its answer before it has read the question.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/**
 * Node throws some errors (E2BIG, ENOMEM) and emits the others; one of those that it emits (EMFILE) leaves a
 * child without its streams, whatever the type of `spawn` says.
 */
function startOr(
  cannotRun: (thrown: unknown) => void,
  { program, args, environment }: CommandOptions,
): ChildProcess | undefined {
  try {
    return spawn(program, args, {
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    })
  } catch (thrown) {
    cannotRun(thrown)
    return undefined
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
