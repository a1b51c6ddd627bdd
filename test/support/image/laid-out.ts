import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Shipment } from '../../../tools/shipping/shipment.ts'

export const DOCUMENTS = 'usr/share/doc/rauth'

/** What an image for a machine (`amd64`, `arm64`) adds to its base, sorted. */
export function filesFor(
  { programs, files }: Pick<Shipment, 'programs' | 'files'>,
  machine: string,
): readonly string[] {
  const folderOf = (name: string) => `opt/rauth/node_modules/${name}`
  const platform = `linux-${machine === 'amd64' ? 'x64' : machine}`
  return [
    ...files.map((file) => `opt/rauth/${file}`),
    ...programs.map(({ command }) => `usr/local/bin/${command}`),
    'opt/rauth/package.json',
    ...['bcrypt.js', 'package.json', 'promises.js'].map((name) => `${folderOf('bcrypt')}/${name}`),
    `${folderOf('bcrypt')}/prebuilds/${platform}/bcrypt.glibc.node`,
    ...['index.js', 'node-gyp-build.js', 'package.json'].map(
      (name) => `${folderOf('node-gyp-build')}/${name}`,
    ),
    ...['LICENSE', 'sbom.cdx.json', 'third-party-notices.txt'].map(
      (name) => `${DOCUMENTS}/${name}`,
    ),
  ].sort()
}

/** SHA-256 of each file, by its name. */
export async function sums(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  const pairs = files.map(async (file): Promise<[string, string]> => {
    const sum = createHash('sha256').update(await readFile(file))
    return [path.relative(folder, file), sum.digest('hex')]
  })
  return new Map((await Promise.all(pairs)).sort())
}
