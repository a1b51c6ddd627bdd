import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Ends the program when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the program is ended; a hung mirror must not hang the tests. */
  readonly limit?: number
}

const LIMIT = 30 * 60_000

/** Runs a program to its end, without a shell and without input. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, cwd, limit = LIMIT, signal }: RunOptions,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    const timer = setTimeout(() => {
      stderr += `\nended after ${limit / 1000} s`
      child.kill('SIGKILL')
    }, limit)
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: 127, stdout, stderr: error.message })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, stdout, stderr })
    })
  })
}

/** Every executable file of these names on PATH, in its order. */
export async function findOnPath(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
  const files = folders.flatMap((folder) => names.map((name) => path.resolve(folder, name)))
  const found = await Promise.all(files.map(isExecutable))
  return [...new Set(files.filter((_, index) => found[index] === true))]
}

export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

const NOISE = /^(warning|W:|notice|\[notice\]|npm warn|go: downloading)/i
const FAILURE = /^(error|E:|fatal)/i

/** What a tool said last that tells why it failed: its own error lines, else the last ones. */
export function meaningfulLines({ stdout, stderr }: Ran, count = 4): readonly string[] {
  const lines = (stderr.trim() === '' ? stdout : stderr)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !NOISE.test(line))
  const errors = lines.filter((line) => FAILURE.test(line))
  return (errors.length > 0 ? errors : lines).slice(-count)
}
