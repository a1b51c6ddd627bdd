import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { partsDirectory } from './cache.ts'
import { CATALOGUE, ownProgram, type BesideSource, type Part, type PartName } from './catalogue.ts'

/** The repository, from dist/tools/parts. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** Where a part is, or would be. */
export function folderOf(name: PartName, env: NodeJS.ProcessEnv): string {
  const part: Part = CATALOGUE[name]
  const { source, version } = part
  if (source.kind === 'beside') return folderOf(hostOf(source), env)
  const own = ownProgram(part)
  const edition = own === undefined ? '' : `-${editionOf(path.join(ROOT, own))}`
  return path.join(partsDirectory(env), `${name}-${version}${edition}`)
}

/** The part whose package the program comes in. */
export function hostOf({ part }: BesideSource): PartName {
  if (Object.hasOwn(CATALOGUE, part)) return part as PartName
  throw new Error(`the catalogue has no part ${part}`)
}

/** By its content, since a program of ours is changed without a new version. */
function editionOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8)
}
