import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Largest file that is read, bytes. */
const MAX_FILE = 64 * 1024

/**
 * A key or a certificate is a small regular file. Anything else could keep a read waiting for ever (a
 * FIFO), and with it every later look at the folder, or take all memory.
 */
export async function readSmallFile(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new Error('not a regular file')
    if (found.size > MAX_FILE) throw new Error(`larger than ${MAX_FILE} bytes`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
