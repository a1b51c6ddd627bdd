import { spawn } from 'node:child_process'

export interface RunResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Both, for a message. */
  readonly output: string
}

export interface RunOptions {
  /** Over that of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly input?: string
  /** Milliseconds until the program is ended. */
  readonly timeout?: number
  /** Ends a program that goes on by itself, once it has printed this. */
  readonly until?: RegExp
}

/** Runs a program to its end; a code other than 0 is a result, not an error. */
export function run(
  program: string,
  args: readonly string[],
  { env = {}, cwd, input = '', timeout = 60_000, until }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    // What it started may have its pipes, and outlives it: nobody waits for that.
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
    }, timeout)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (until?.test(stdout) === true) child.kill('SIGKILL')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr, output: stdout + stderr })
    })
  })
}

/** What a test needs done before it begins. */
export async function runOrThrow(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const result = await run(program, args, options)
  if (result.code === 0) return result
  throw new Error(`${[program, ...args].join(' ')}: ${result.output}`)
}
