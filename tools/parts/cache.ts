import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isExecutable } from './program.ts'

/** In a part's folder, written last: without it, or when it tells otherwise, there is no part. */
const RECORD = 'part.json'

interface PartRecord {
  /** Inside the folder. */
  readonly executable: string
  /** Its size, to notice a file that a full disk or a power cut shortened. */
  readonly bytes: number
}

/** Where parts are kept: outside the tree, so that a new clone finds them. */
export function partsDirectory(env: NodeJS.ProcessEnv): string {
  const own = env['RAUTH_PARTS_DIR']
  if (own !== undefined && own !== '') return path.resolve(own)
  const cache = env['XDG_CACHE_HOME']
  const home = env['HOME']
  // The XDG specification has a relative path ignored.
  const base =
    cache !== undefined && path.isAbsolute(cache)
      ? cache
      : path.join(home === undefined || home === '' ? os.homedir() : home, '.cache')
  return path.join(base, 'rauth', 'parts')
}

export type Cached = { readonly path: string } | { readonly problem: string }

/** The executable of a complete part, or what is wrong with it. */
export async function findCached(folder: string): Promise<Cached> {
  if (!(await exists(folder))) return { problem: 'nothing there' }
  const record = await readRecord(folder)
  if (record === undefined) return { problem: `no usable ${RECORD}: a half-finished install` }
  const executable = path.join(folder, record.executable)
  if (!(await isExecutable(executable))) {
    return { problem: `${record.executable} is missing or not executable` }
  }
  const { size } = await stat(executable)
  if (size !== record.bytes) {
    return { problem: `${record.executable} has ${size} bytes instead of ${record.bytes}` }
  }
  return { path: executable }
}

/**
 * Makes a part aside and lets it appear in one step. `fill` gets an empty folder on the same disk
 * and gives the path of the executable inside it. A crash leaves at most a folder that starts with
 * `.new-`, which the next install of that part removes.
 */
export async function storePart(
  folder: string,
  fill: (staging: string) => Promise<string>,
): Promise<string> {
  const parent = path.dirname(folder)
  const prefix = `.new-${path.basename(folder)}-`
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await remove(path.join(parent, name))
  }
  const staging = await mkdtemp(path.join(parent, prefix))
  try {
    const executable = await fill(staging)
    const { size } = await stat(path.join(staging, executable))
    const record: PartRecord = { executable, bytes: size }
    await writeFile(path.join(staging, RECORD), `${JSON.stringify(record)}\n`)
    // Whatever has the name is not complete, or was made meanwhile and is as good.
    await remove(folder)
    await rename(staging, folder)
    return path.join(folder, executable)
  } catch (thrown) {
    await remove(staging)
    const made = await findCached(folder)
    if ('path' in made) return made.path
    throw thrown
  }
}

async function readRecord(folder: string): Promise<PartRecord | undefined> {
  try {
    const { executable, bytes } = JSON.parse(
      await readFile(path.join(folder, RECORD), 'utf8'),
    ) as Partial<PartRecord>
    if (typeof executable !== 'string' || typeof bytes !== 'number') return undefined
    return { executable, bytes }
  } catch {
    return undefined
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
