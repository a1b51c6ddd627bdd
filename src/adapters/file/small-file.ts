import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** Largest file that is read unless the reader says more, bytes. */
const MAX_FILE = 64 * 1024

/** Read at a time, bytes. */
const CHUNK = 8 * 1024

/** A file that is there and is not read: the message says why. */
export class OddFile extends Error {
  /** What it is. */
  readonly kind: 'irregular' | 'large'

  constructor(kind: OddFile['kind'], limit: number) {
    super(kind === 'large' ? `larger than ${limit} bytes` : 'not a regular file')
    this.kind = kind
  }
}

/**
 * Keys, certificates and Secrets are small regular files. Anything else could keep a read waiting for
 * ever (a FIFO), and with it every later look at the folder, or take all memory: throws OddFile.
 */
export async function readSmallFile(file: string, limit = MAX_FILE): Promise<Buffer> {
  return (await readIdentifiedFile(file, limit)).content
}

export interface IdentifiedFile {
  readonly content: Buffer
  /** Another one where the file is another one under the same name, as after a `mv` or where a link leads elsewhere. */
  readonly identity: string
}

/** As {@link readSmallFile}, and which file it was. */
export async function readIdentifiedFile(file: string, limit = MAX_FILE): Promise<IdentifiedFile> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new OddFile('irregular', limit)
    if (found.size > limit) throw new OddFile('large', limit)
    const identity = [found.dev, found.ino, found.birthtimeMs].join(':')
    return { content: await readAtMost(handle, limit), identity }
  } finally {
    await handle.close()
  }
}

/** What is in it by now: it may have grown since its size was looked at, and some systems say none at all. */
async function readAtMost(handle: FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let total = 0; ;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK))
    if (bytesRead === 0) return Buffer.concat(chunks)
    total += bytesRead
    if (total > limit) throw new OddFile('large', limit)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}
