import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, RauthError } from '../../errors.ts'
import type { Algorithm } from '../../token/algorithms.ts'
import { createAuthority, createLeaf, type KeyPairPem } from '../../token/certificate.ts'
import { readCertificates, readPrivateKey } from './key-files.ts'

const AUTHORITY_DAYS = 3650
const LEAF_DAYS = 365

export interface InitializeKeysOptions {
  readonly directory: string
  /** Of a new signing key and a new CA. */
  readonly algorithm: Algorithm
  readonly now: Date
}

export interface InitializedKeys {
  /** Paths of the files that were made. */
  readonly created: readonly string[]
  /** Paths of the files that were there and were left as they are. */
  readonly found: readonly string[]
}

/**
 * Makes what a key folder lacks: the CA (`ca.key`, `ca.crt`), a signing key under it (`signing.key`,
 * `signing.crt`) and `binding.key`. What is there stays. Half a pair is refused: making the other
 * half anew would silently end every token or every registry's trust.
 */
export async function initializeKeys(options: InitializeKeysOptions): Promise<InitializedKeys> {
  try {
    return await makeMissing(options)
  } catch (cause) {
    if (cause instanceof RauthError) throw cause
    throw new RauthError(
      'ERR_KEYS_UNREADABLE',
      `no keys can be made in ${options.directory}: ${messageOf(cause)}`,
      { cause },
    )
  }
}

async function makeMissing(options: InitializeKeysOptions): Promise<InitializedKeys> {
  const { directory, algorithm, now } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const created: string[] = []
  const found: string[] = []

  async function pair(name: string, make: () => Promise<KeyPairPem>): Promise<void> {
    const files = {
      key: path.join(directory, `${name}.key`),
      crt: path.join(directory, `${name}.crt`),
    }
    const there = { key: await exists(files.key), crt: await exists(files.crt) }
    if (there.key && there.crt) {
      found.push(files.key, files.crt)
      return
    }
    if (there.key || there.crt) {
      const [have, lack] = there.key ? [files.key, files.crt] : [files.crt, files.key]
      throw new RauthError(
        'ERR_KEYS_UNREADABLE',
        `${have} is there but ${lack} is not; put it back, or remove the one to make both anew`,
      )
    }
    const made = await make()
    // The key last: a crash between the two leaves half a pair, which is refused and not used.
    await writeWhole(files.crt, made.certificate, 0o644)
    await writeWhole(files.key, made.key, 0o600)
    created.push(files.key, files.crt)
  }

  await pair('ca', () =>
    createAuthority({ algorithm, name: 'rauth token CA', now, days: AUTHORITY_DAYS }),
  )
  await pair('signing', async () =>
    createLeaf(await readAuthority(directory), {
      algorithm,
      name: 'rauth token signing',
      now,
      days: LEAF_DAYS,
    }),
  )
  const binding = path.join(directory, 'binding.key')
  if (await exists(binding)) {
    found.push(binding)
  } else {
    await writeWhole(binding, `${randomBytes(32).toString('base64')}\n`, 0o600)
    created.push(binding)
  }
  return { created, found }
}

/** The CA that was there, or was made just now; its key may be in any unencrypted PEM. */
async function readAuthority(directory: string): Promise<KeyPairPem> {
  const files = { key: path.join(directory, 'ca.key'), crt: path.join(directory, 'ca.crt') }
  const key = readPrivateKey(files.key, await readFile(files.key, 'utf8'))
  const [certificate] = readCertificates(files.crt, await readFile(files.crt, 'utf8'))
  if (!certificate.checkPrivateKey(key)) {
    throw new RauthError(
      'ERR_KEYS_UNREADABLE',
      `${files.crt} is not the certificate of ca.key; put the right one there`,
    )
  }
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: certificate.toString(),
  }
}

/** Whether anything is there, a link that leads nowhere included: what is there stays. */
async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

/** All of the file or nothing of it, whatever happens in between. */
async function writeWhole(file: string, content: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  await writeFile(temporary, content, { mode, flag: 'wx' })
  await chmod(temporary, mode)
  await rename(temporary, file)
}
