import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * Writes `count` modules that import the files in turn, and gives them: unit tests take less time than a
 * process for each file would take to start. A file that is run by its name has its own process all the same.
 */
export async function writeBatches(
  directory: string,
  files: readonly string[],
  count: number,
): Promise<readonly string[]> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const batches = Array.from({ length: Math.min(count, files.length) }, (_, first) =>
    files.filter((_, index) => index % count === first),
  )
  return Promise.all(
    batches.map(async (members, index) => {
      const batch = path.join(directory, `${String(index)}.mjs`)
      const lines = members.map(
        (file) => `import ${JSON.stringify(path.relative(directory, file))}\n`,
      )
      await writeFile(batch, lines.join(''))
      return batch
    }),
  )
}
