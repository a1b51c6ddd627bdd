import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

export interface ChildOptions {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  /** Over the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Gets what the program prints, after what is there. */
  readonly logFile: string
}

/** A program that runs until it is stopped. */
export interface Child {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** How it ended, once it has: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
  /** Asks it to end, and after `patience` milliseconds makes it; returns whether asking was enough. */
  stop(patience?: number): Promise<boolean>
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
}

/**
 * With `setpriv` a child is told to end when this process is killed and can stop nothing any more.
 * Where it is missing, such a child stays.
 */
const GUARD = ['--pdeathsig', 'TERM', '--']
let guarded: boolean | undefined

function command(program: string, args: readonly string[]): [string, readonly string[]] {
  guarded ??= spawnSync('setpriv', [...GUARD, 'true'], { stdio: 'ignore' }).status === 0
  return guarded ? ['setpriv', [...GUARD, program, ...args]] : [program, args]
}

/**
 * Starts a program in a process group of its own: Ctrl-C in a terminal reaches only us, and the
 * order in which things stop is ours.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, logFile, env = {} } = options
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(...command(options.program, options.args), {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  })
  closeSync(log)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => {
      reject(new Error(`cannot start ${name} (${options.program})`, { cause }))
    })
  })
  const pid = child.pid ?? 0
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`)
    })
  })

  async function stop(patience = 8_000): Promise<boolean> {
    let obeyed = true
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      obeyed = false
      child.kill('SIGKILL')
    }, patience)
    await ended
    clearTimeout(timer)
    return obeyed
  }
  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await ended
  }
  return { name, pid, logFile, ended, stop, kill }
}

/** What a child said last that may tell why it ended: no lines that only tell of its work. */
export async function lastLines(child: Child, count = 8): Promise<string> {
  const text = await readFile(child.logFile, 'utf8').catch(() => '')
  const lines = text.trimEnd().split('\n')
  const telling = lines.filter((line) => !ROUTINE.test(line))
  return (telling.length > 0 ? telling : lines).slice(-count).join('\n')
}

/** Lines of rauth, of Envoy's access log and of the registry. */
const ROUTINE = /"level":"info"|"requestId":|level=(?:info|debug) /

export interface UntilReadyOptions {
  /** Milliseconds. */
  readonly limit?: number
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
}

/** Waits until `ready` says so; throws when the child ends before, or after `limit` milliseconds. */
export async function untilReady(
  child: Child,
  ready: () => Promise<boolean>,
  { limit = 60_000, signal }: UntilReadyOptions = {},
): Promise<void> {
  let death: string | undefined
  void child.ended.then((how) => {
    death = how
  })
  const begin = performance.now()
  while (!(await ready())) {
    signal?.throwIfAborted()
    const late = performance.now() - begin > limit
    if (death !== undefined || late) {
      const what = death ?? `not ready after ${limit / 1000} s`
      throw new Error(
        `${child.name} did not start (${what}); the end of ${child.logFile}:\n${await lastLines(child)}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
