import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'

/** What a program made that few have, kept with the sources that it was made of. */
export interface RecordFile<T> {
  /** What was made; and of what: SHA-256 of the sources, in hexadecimal. */
  read(): Promise<T & { readonly of: string }>
  /** What the record should be of. */
  sourcesDigest(): Promise<string>
  write(made: T): Promise<void>
}

export function recordIn<T extends object>(
  file: string,
  sources: readonly string[],
): RecordFile<T> {
  async function sourcesDigest(): Promise<string> {
    const texts = await Promise.all(sources.map((source) => readFile(source)))
    return createHash('sha256').update(Buffer.concat(texts)).digest('hex')
  }
  return {
    read: async () => JSON.parse(await readFile(file, 'utf8')) as T & { readonly of: string },
    sourcesDigest,
    async write(made) {
      const record = { of: await sourcesDigest(), ...made }
      await writeFile(file, `${JSON.stringify(record, undefined, 2)}\n`)
    },
  }
}
