import { spawn } from 'node:child_process'

export interface ToolResult {
  readonly code: number
  readonly output: string
}

export interface ToolOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** Another Node than this one. */
  readonly node?: string
  /** Show what it prints at once; else it is in the result. */
  readonly show?: boolean
  /** Gets what it tells by `process.send`. */
  readonly onMessage?: (message: unknown) => void
}

/** Runs a JavaScript program with Node, without input. */
export function runNode(
  args: readonly string[],
  { cwd, env = process.env, node = process.execPath, show = false, onMessage }: ToolOptions,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const printed = show ? 'inherit' : 'pipe'
    const child = spawn(node, args, {
      cwd,
      env,
      stdio: ['ignore', printed, printed, ...(onMessage === undefined ? [] : ['ipc' as const])],
    })
    if (onMessage !== undefined) child.on('message', onMessage)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output: output.trim() })
    })
  })
}
