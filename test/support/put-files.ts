import { renameSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

export type Files = Readonly<Record<string, string | Buffer>>

/**
 * Puts files into a folder: each whole, and all of them in one turn of the event loop. To whoever watches them in this
 * process there is no time in which some of them are there and others are not, however late the machine is.
 */
export async function putFiles(directory: string, files: Files): Promise<void> {
  const places = Object.keys(files).map((name) => path.join(directory, name))
  const asideOf = (file: string) => path.join(path.dirname(file), `.${path.basename(file)}.new`)
  for (const [index, text] of Object.values(files).entries()) {
    await writeFile(asideOf(places[index] ?? ''), text)
  }
  for (const file of places) renameSync(asideOf(file), file)
}
