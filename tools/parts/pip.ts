import { expectSuccess, SourceFailure } from './failure.ts'
import { findOnPath, runProgram } from './program.ts'
import type { SourceContext } from './source.ts'

const PIPS = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
] as const satisfies readonly (readonly [string, ...string[]])[]

export interface Wheels {
  /** For messages. */
  readonly what: string
  /** For whoever waits, such as `40 MB`. */
  readonly size: string
  /** A file that names each wheel with its sums. */
  readonly requirements: string
  /** The folder into which they are unpacked. */
  readonly target: string
}

/** Fetches, checks and unpacks wheels; no Python environment is changed. Throws SourceFailure. */
export async function installWheels(
  { what, size, requirements, target }: Wheels,
  { folder, env, report, signal }: SourceContext,
): Promise<void> {
  const pip = await findPip(env)
  if (pip === undefined) throw new SourceFailure(what, ['no pip for Python 3 on PATH'])
  const [program, ...first] = pip
  report(`downloading (${size})`)
  const ran = await runProgram(
    program,
    [
      ...first,
      ...['install', '--no-deps', '--no-compile', '--no-input', '--disable-pip-version-check'],
      ...['--only-binary', ':all:', '--require-hashes', '-r', requirements, '--target', target],
    ],
    // What people set for their own installs would contradict --target.
    { cwd: folder, signal, env: { ...env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' } },
  )
  expectSuccess(what, ran)
}

async function findPip(env: NodeJS.ProcessEnv): Promise<[string, ...string[]] | undefined> {
  for (const [name, ...args] of PIPS) {
    const [program] = await findOnPath([name], env)
    if (program === undefined) continue
    const { code } = await runProgram(program, [...args, '--version'], { env, limit: 60_000 })
    if (code === 0) return [program, ...args]
  }
  return undefined
}
