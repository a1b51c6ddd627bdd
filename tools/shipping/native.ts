import { build } from 'esbuild'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { packageFolder } from './packages.ts'

/** What esbuild leaves out of the bundle because it is machine code, and what of it is asked for. */
export interface Native {
  /** From the top of the repository: all JavaScript that is loaded, and who says which package it is. */
  readonly files: readonly string[]
  /** Folders of the packages that may have machine code for many platforms in them. */
  readonly folders: readonly string[]
}

/** Follows the requires of these packages; what else lies in their folders only builds them. */
export async function traceNative(root: string, names: readonly string[]): Promise<Native> {
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: names.map((name) => `import '${name}'`).join('\n'), resolveDir: root },
    bundle: true,
    platform: 'node',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const loaded = Object.keys(metafile.inputs).filter((file) => file !== '<stdin>')
  const folders = [...new Set(loaded.flatMap((file) => packageFolder(file) ?? []))].sort()
  const manifests = folders.map((folder) => `${folder}/package.json`)
  return { files: [...new Set([...loaded, ...manifests])].sort(), folders }
}

/** `process.arch` by the names that containers have for it. */
const MACHINES: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64' }

export const ARCHITECTURES: readonly string[] = Object.keys(MACHINES)

/**
 * Machine code for Linux with glibc, one file for each package that has any. Throws where a package has
 * some, and none for this architecture.
 */
export async function machineCode(
  root: string,
  { folders }: Native,
  architecture: string,
): Promise<readonly string[]> {
  const machine = MACHINES[architecture]
  if (machine === undefined) {
    throw new Error(
      `no image for ${architecture}: there is machine code for ${ARCHITECTURES.join(' and ')}`,
    )
  }
  const found: string[] = []
  for (const folder of folders) {
    const exists = (name: string) =>
      access(path.join(root, folder, name)).then(
        () => true,
        () => false,
      )
    if (!(await exists('prebuilds'))) continue
    // How prebuildify calls them.
    const file = `prebuilds/linux-${machine}/${path.basename(folder)}.glibc.node`
    if (!(await exists(file))) throw new Error(`${folder} has no ${file}`)
    found.push(`${folder}/${file}`)
  }
  return found
}
