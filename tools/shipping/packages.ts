import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** What esbuild's metafile tells of an output, as far as it is read here. */
export interface Metafile {
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>
        readonly imports: readonly { readonly path: string; readonly external?: boolean }[]
      }
    >
  >
}

/** An npm package of which something is handed to users. */
export interface Package {
  readonly name: string
  readonly version: string
  /** From the top of the repository, with slashes: `node_modules/NAME`, or deeper. */
  readonly folder: string
}

/** SPDX expression and author, as the package's own package.json has them. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name: string }
}

/** What the bundler wrote, from dist/. */
export function outputsOf(metafiles: readonly Metafile[]): readonly string[] {
  const files = metafiles.flatMap(({ outputs }) => Object.keys(outputs))
  return files.map((file) => path.relative('dist', file)).sort()
}

/** Files that came out in the bundles; what was shaken off is not shipped. */
export function bundledFiles(metafiles: readonly Metafile[]): readonly string[] {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([file]) => file),
    ),
  )
  return [...new Set(files)].sort()
}

/**
 * Which of our own dependencies the bundles ask for at run time instead of having them inside. They also
 * ask for what is nobody's dependency, and go without.
 */
export function externalDependencies(
  metafiles: readonly Metafile[],
  dependencies: readonly string[],
): readonly string[] {
  const names = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ imports }) =>
      imports
        .filter(({ path: name, external }) => external === true && dependencies.includes(name))
        .map(({ path: name }) => name),
    ),
  )
  return [...new Set(names)].sort()
}

/** The folder of the package that the file is in; undefined for a file of our own. */
export function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]
}

/** The packages that the files are of, in the order of their names. */
export async function packagesOf(
  root: string,
  files: readonly string[],
): Promise<readonly Package[]> {
  const folders = [...new Set(files.flatMap((file) => packageFolder(file) ?? []))]
  const packages = await Promise.all(
    folders.map(async (folder) => {
      const { name, version } = await readManifest(root, folder)
      return { name, version, folder }
    }),
  )
  return packages.sort((one, other) => compare(labelOf(one), labelOf(other)))
}

export async function readManifest(root: string, folder: string): Promise<Manifest> {
  const text = await readFile(path.join(root, folder, 'package.json'), 'utf8')
  return JSON.parse(text) as Manifest
}

/** `NAME@VERSION`, which is also how npm's bill of materials refers to it. */
export function labelOf({ name, version }: Pick<Package, 'name' | 'version'>): string {
  return `${name}@${version}`
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
