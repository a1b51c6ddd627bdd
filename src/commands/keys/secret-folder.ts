import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { SecretContents } from '../../adapters/kubernetes/secret-object.ts'
import { messageOf, RauthError } from '../../errors.ts'
import { Redacted } from '../../redacted.ts'

/**
 * Does something with a folder that is there for as long as that takes, and that nobody else can read: what
 * makes keys makes them in folders, and a Secret is a folder. In a pod it is in memory, by an emptyDir at /tmp.
 * Throws ERR_KEYS_UNREADABLE where none can be made.
 */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-keys-')).catch((cause: unknown) => {
    const next =
      'next: set TMPDIR to a folder that can be written, best in memory, such as /dev/shm'
    const message = `keys are made in a folder for a moment, and none can be: ${messageOf(cause)}; ${next}`
    throw new RauthError('ERR_KEYS_UNREADABLE', message, { cause })
  })
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each content as a file under its key. */
export async function writeFolder(folder: string, contents: SecretContents): Promise<void> {
  for (const [key, content] of contents) {
    await writeFile(path.join(folder, key), content.reveal(), { mode: 0o600 })
  }
}

/** Each file of a folder under its name. */
export async function readFolder(folder: string): Promise<Map<string, Redacted<Buffer>>> {
  const contents = new Map<string, Redacted<Buffer>>()
  for (const name of await readdir(folder)) {
    contents.set(name, new Redacted(await readFile(path.join(folder, name))))
  }
  return contents
}
