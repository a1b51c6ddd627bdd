import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { messageOf } from '../errors.ts'

/** A program that is run once. Times are milliseconds, sizes bytes. */
export interface ProgramRun {
  /** A path, or a name that is looked for on `PATH`. */
  readonly program: string
  /** Never seen by a shell. */
  readonly args: readonly string[]
  /** What it has instead of rauth's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What it reads on its standard input; without, there is none. */
  readonly input?: string
  /** How long it may take. */
  readonly patience: number
  /** Of what it prints. */
  readonly most: number
  /** Of what it says on standard error, the rest is dropped; without, that goes where rauth's own goes. */
  readonly mostComplaint?: number
  /** Ends it. */
  readonly signal?: AbortSignal | undefined
}

export type ProgramEnd =
  | { readonly kind: 'exit'; readonly code: number; readonly output: Buffer; readonly said: Buffer }
  /** By a signal that is not ours: `SIGKILL`. */
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'late' | 'too-long' | 'aborted' }
  | { readonly kind: 'not-run'; readonly problem: string }

/** Between the end of a program and of what it prints: it may have left somebody who holds on to that. */
const LINGER = 1_000

/**
 * Each is a process in a group of its own: one that is late, or prints too much, is ended with all that it started.
 * Never rejects.
 */
export function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { input, patience, most, mostComplaint = 0, signal } = run
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve({ kind: 'aborted' })
      return
    }
    const child = startOr((thrown) => {
      resolve({ kind: 'not-run', problem: messageOf(thrown) })
    }, run)
    if (child === undefined) return
    const output = collect(child.stdout, most, () => {
      end('too-long')
    })
    const said = collect(child.stderr, mostComplaint, () => undefined)
    let linger: NodeJS.Timeout | undefined
    const late = setTimeout(() => {
      end('late')
    }, patience)
    const abort = () => {
      end('aborted')
    }
    signal?.addEventListener('abort', abort)

    function over(how: ProgramEnd): void {
      clearTimeout(late)
      clearTimeout(linger)
      signal?.removeEventListener('abort', abort)
      child?.stdout?.destroy()
      child?.stderr?.destroy()
      resolve(how)
    }
    function end(kind: 'late' | 'too-long' | 'aborted'): void {
      over({ kind })
      endGroup(child?.pid)
    }
    function ended(code: number | null, name: string | null): void {
      if (code === null) over({ kind: 'signal', name: name ?? 'a signal' })
      else over({ kind: 'exit', code, output: output(), said: said() })
    }
    child.once('error', (error) => {
      over({ kind: 'not-run', problem: messageOf(error) })
    })
    child.once('exit', (code, name) => {
      linger = setTimeout(ended, LINGER, code, name)
    })
    child.once('close', ended)
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
  { program, args, environment, input, mostComplaint }: ProgramRun,
): ChildProcess | undefined {
  try {
    return spawn(program, args, {
      env: { ...environment },
      stdio: [
        input === undefined ? 'ignore' : 'pipe',
        'pipe',
        mostComplaint === undefined ? 'inherit' : 'pipe',
      ],
      detached: true,
    })
  } catch (thrown) {
    cannotRun(thrown)
    return undefined
  }
}

function collect(stream: Readable | null, most: number, onTooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = []
  let length = 0
  stream?.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > most) onTooMuch()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks)
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
