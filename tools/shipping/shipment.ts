import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { traceNative, type Native } from './native.ts'
import {
  bundledFiles,
  externalDependencies,
  packagesOf,
  type Metafile,
  type Package,
} from './packages.ts'
import type { Sbom } from './sbom.ts'

/** What of the repository is handed to users, read from what the bundler left in dist/. */
export interface Shipment {
  /** Names of the programs, each `dist/NAME.js`. */
  readonly programs: readonly string[]
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
  const metafiles = await Promise.all(
    Object.values(bin).map(
      async (file) => (await readJson(file.replace(/\.js$/, '.meta.json'))) as Metafile,
    ),
  )
  const beside = externalDependencies(metafiles, Object.keys(dependencies))
  const native = await traceNative(root, beside)
  return {
    ...{ programs: Object.keys(bin), version, native },
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
