import { randomUUID } from 'node:crypto'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { codeOf } from '../../errors.ts'

/** A file that must not be there yet: of several who make it at once, one does, the others get EEXIST. */
export async function writeNew(file: string, content: string, mode: number): Promise<void> {
  try {
    await writeFile(file, content, { mode, flag: 'wx' })
    await chmod(file, mode)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') await rm(file, { force: true })
    throw error
  }
}

/** All of the file or nothing of it, whatever happens in between. */
export async function writeWhole(file: string, content: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, content, { mode, flag: 'wx' })
    await chmod(temporary, mode)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
