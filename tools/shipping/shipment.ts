import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { traceNative, type Native } from './native.ts'
import {
  bundledFiles,
  externalDependencies,
  outputsOf,
  packagesOf,
  type Metafile,
  type Package,
} from './packages.ts'
import type { Sbom } from './sbom.ts'

/** A command, and its file in dist/. */
export interface Program {
  readonly command: string
  readonly file: string
}

/** What of the repository is handed to users, read from what the bundler left in dist/. */
export interface Shipment {
  readonly programs: readonly Program[]
  /** All that the bundler made, the programs among them, from dist/. */
  readonly files: readonly string[]
  readonly version: string
  /** All that have something in a bundle or beside it. */
  readonly packages: readonly Package[]
  readonly native: Native
  /** npm's bill of materials of the whole lockfile. */
  readonly lockfile: Sbom
}

export async function readShipment(root: string): Promise<Shipment> {
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(path.join(root, file), 'utf8'))
  const { version, bin, dependencies } = (await readJson('package.json')) as {
    readonly version: string
    readonly bin: Readonly<Record<string, string>>
    readonly dependencies: Readonly<Record<string, string>>
  }
  const programs = Object.entries(bin).map(([command, file]) => ({
    command,
    file: path.relative('dist', file),
  }))
  const metafiles = await Promise.all(
    programs.map(
      async ({ file }) => (await readJson(`dist/${path.parse(file).name}.meta.json`)) as Metafile,
    ),
  )
  const beside = externalDependencies(metafiles, Object.keys(dependencies))
  const native = await traceNative(root, beside)
  return {
    ...{ programs, version, native, files: outputsOf(metafiles) },
    packages: await packagesOf(root, [...bundledFiles(metafiles), ...native.files]),
    lockfile: await lockfileSbom(root),
  }
}

/**
 * Of all packages, since with `--omit=dev` npm 11 also leaves out those that something for development
 * needs as well: jose and express' debug, for example.
 */
async function lockfileSbom(root: string): Promise<Sbom> {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only']
  const { stdout } = await promisify(execFile)('npm', args, {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout) as Sbom
}
