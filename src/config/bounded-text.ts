import { closeSync, openSync, readSync } from 'node:fs'

/** Largest configuration, bytes. */
export const MOST_CONFIG = 1024 * 1024

/** Largest file that a command is given, such as cases or users, bytes. */
export const MOST_INPUT = 16 * MOST_CONFIG

/** Read at a time, bytes. */
const CHUNK = 64 * 1024

/**
 * The text of a file, or of a pipe such as `<(command)`, of no more than so many bytes: a device that never ends, or a
 * file of a disk's size, takes no more memory than that. Throws what the system says, or that it is larger.
 */
export function readBoundedText(file: string, most: number): string {
  const descriptor = openSync(file, 'r')
  try {
    const chunks: Buffer[] = []
    for (let total = 0; ;) {
      const chunk = Buffer.alloc(CHUNK)
      const length = readSync(descriptor, chunk)
      if (length === 0) return Buffer.concat(chunks).toString('utf8')
      total += length
      if (total > most) throw new Error(`larger than ${most} bytes`)
      chunks.push(chunk.subarray(0, length))
    }
  } finally {
    closeSync(descriptor)
  }
}
