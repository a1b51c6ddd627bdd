import { chmod, copyFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { GoMainModule } from './catalogue.ts'
import { expectSuccess } from './failure.ts'
import type { Ran } from './program.ts'

export interface MainModuleContext {
  readonly go: (args: readonly string[]) => Promise<Ran>
  /** The folder to make. */
  readonly tree: string
  /** Where a program of ours goes in it: the package that is built. */
  readonly packageFolder: string
}

/** The repository, from dist/tools/parts. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Makes a folder in which Go builds the packages of a published module, and gives the flag for it. */
export async function mainModule(
  module: GoMainModule,
  version: string,
  { go, tree, packageFolder }: MainModuleContext,
): Promise<string> {
  if ('staging' in module) {
    const { GoMod } = await download(go, `${module.name}@v${version}`)
    const read = await go(['mod', 'edit', '-json', GoMod])
    expectSuccess(`go mod edit ${GoMod}`, read)
    await mkdir(tree)
    const text = requiring(module, version, JSON.parse(read.stdout) as Requirements)
    await writeFile(path.join(tree, 'go.mod'), text)
    await addProgram(module, tree, packageFolder)
    // There is no go.sum: Go writes one of what its checksum database says.
    return '-mod=mod'
  }
  const { name, requirements } = module
  // What Go calls a version 2 or later that has no go.mod.
  const suffix = requirements === undefined ? '' : '+incompatible'
  const { Dir } = await download(go, `${name}@v${version}${suffix}`)
  await copyWritable(Dir, tree)
  if (requirements !== undefined) {
    await copyFile(path.join(tree, requirements.file), path.join(tree, 'go.mod'))
    await copyFile(path.join(tree, requirements.sums), path.join(tree, 'go.sum'))
  }
  await addProgram(module, tree, packageFolder)
  return '-mod=readonly'
}

/** Puts our program, if it is one that is built, among the packages. */
async function addProgram({ program }: GoMainModule, tree: string, at: string): Promise<void> {
  if (program === undefined) return
  const folder = path.join(tree, at)
  await mkdir(folder)
  await copyFile(path.join(ROOT, program), path.join(folder, 'main.go'))
}

interface Downloaded {
  readonly Dir: string
  readonly GoMod: string
}

async function download(go: MainModuleContext['go'], module: string): Promise<Downloaded> {
  const ran = await go(['mod', 'download', '-json', module])
  expectSuccess(`go mod download ${module}`, ran)
  return JSON.parse(ran.stdout) as Downloaded
}

/** Go's own copy is read-only. */
async function copyWritable(module: string, tree: string): Promise<void> {
  await cp(module, tree, { recursive: true })
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory())
  for (const name of [tree, ...folders.map((entry) => path.join(entry.parentPath, entry.name))]) {
    await chmod(name, 0o755)
  }
}

/** Of a go.mod as Go prints it. */
interface Requirements {
  readonly Go: string
  readonly Replace: readonly {
    readonly Old: { readonly Path: string }
    readonly New: { readonly Path: string; readonly Version?: string }
  }[]
}

/** A go.mod that requires the module, and takes from its publisher what that takes from folders. */
function requiring(
  { name, staging }: Extract<GoMainModule, { staging: string }>,
  version: string,
  { Go, Replace }: Requirements,
): string {
  const published = Replace.map(({ Old, New }) => {
    const from =
      New.Version === undefined ? `${Old.Path} v${staging}` : `${New.Path} ${New.Version}`
    return `replace ${Old.Path} => ${from}`
  })
  return [`module part`, `go ${Go}`, `require ${name} v${version}`, ...published, ''].join('\n')
}
