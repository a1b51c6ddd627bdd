import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'

const OTHERS_READ = 0o004
const OTHERS_ENTER = 0o001

/**
 * The mode of a file, `0644`, by which every account of this machine can read it; nothing where it can't, or
 * where this says nothing: the file is another account's (`uid` is rauth's own), in a folder that is closed,
 * not there, or of a volume of the kubelet (a link through `..data`), which only its pod has.
 */
export async function openToAll(file: string, uid: number): Promise<string | undefined> {
  try {
    const real = await realpath(file)
    if (real.split(path.sep).some((name) => name.startsWith('..'))) return undefined
    const found = await stat(real)
    if (!found.isFile() || found.uid !== uid || (found.mode & OTHERS_READ) === 0) return undefined
    for (let folder = path.dirname(real); ; folder = path.dirname(folder)) {
      if (((await stat(folder)).mode & OTHERS_ENTER) === 0) return undefined
      if (folder === path.dirname(folder)) break
    }
    return (found.mode & 0o7777).toString(8).padStart(4, '0')
  } catch {
    // Whoever reads it says what is wrong with it.
    return undefined
  }
}
