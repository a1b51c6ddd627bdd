import { createHash, type X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, RauthError } from '../../errors.ts'
import {
  AUTHORITY,
  initHint,
  readCertificates,
  readPair,
  unreadable,
  type Certificates,
  type FoundKey,
} from './key-pair.ts'

/** Lies among the keys and is none. */
export const BINDING_KEY = 'binding.key'

/** Largest file that is read, bytes. */
const MAX_FILE = 64 * 1024

/** How often a folder is read again because it was swapped while it was read. */
const SWAPS = 5

/** One pair of a key folder: `NAME.key` and `NAME.crt`. */
export interface KeyPairFile {
  readonly name: string
  /** Equal for two reads that found the same. */
  readonly fingerprint: string
  readonly found: FoundKey | RauthError
}

export interface KeyFolder {
  /** By name. */
  readonly pairs: readonly KeyPairFile[]
  /** Of `ca.crt`. */
  readonly authorities: readonly X509Certificate[]
}

/**
 * All pairs of a folder, each judged by itself and at no particular time. What was read before and is
 * the same is taken over. Throws when the folder itself can't be read: that says nothing about any
 * key.
 */
export async function readKeyFolder(directory: string, previous?: KeyFolder): Promise<KeyFolder> {
  for (let swaps = 0; ; swaps += 1) {
    const mounted = await mountedVersion(directory)
    const folder = await readVersion(directory, mounted ?? directory, previous)
    // The kubelet removes the old version soon: what vanished meanwhile is no key that was removed.
    if ((await mountedVersion(directory)) === mounted || swaps === SWAPS) return folder
  }
}

/** What `..data` of a mounted volume leads to: pairs are read from one version or the other. */
async function mountedVersion(directory: string): Promise<string | undefined> {
  return realpath(path.join(directory, '..data')).catch(() => undefined)
}

async function readVersion(
  directory: string,
  version: string,
  previous: KeyFolder | undefined,
): Promise<KeyFolder> {
  const names = await list(directory, version)
  const content = async (name: string) =>
    names.includes(name) ? readFileOf(directory, version, name) : undefined

  const authorityPem = await content(`${AUTHORITY}.crt`)
  const authorities = attempt(() => authoritiesOf(directory, authorityPem))
  const pairs = names
    .filter((name) => name.endsWith('.key') && name !== BINDING_KEY && !name.startsWith('.'))
    .map((name) => name.slice(0, -'.key'.length))
    .filter((name) => name !== AUTHORITY)
    .sort()
    .map(async (name): Promise<KeyPairFile | undefined> => {
      const key = await content(`${name}.key`)
      // A link that leads nowhere, as the kubelet leaves for a moment, is no key any more.
      if (key === undefined) return undefined
      const certificate = (await content(`${name}.crt`)) ?? missing(directory, `${name}.crt`)
      const fingerprint = fingerprintOf([key, certificate, authorityPem])
      const before = previous?.pairs.find((pair) => pair.name === name)
      if (before?.fingerprint === fingerprint) return before
      const read = () => readPair({ directory, name, key, certificate, authorities })
      return { name, fingerprint, found: await read().catch(toRauthError) }
    })
  return {
    pairs: (await Promise.all(pairs)).filter((pair) => pair !== undefined),
    authorities: authorities instanceof RauthError ? [] : (authorities ?? []),
  }
}

function attempt<T>(read: () => T): T | RauthError {
  try {
    return read()
  } catch (thrown) {
    return toRauthError(thrown)
  }
}

function toRauthError(thrown: unknown): RauthError {
  return thrown instanceof RauthError
    ? thrown
    : new RauthError('ERR_KEYS_UNREADABLE', messageOf(thrown), { cause: thrown })
}

function fingerprintOf(contents: readonly (string | RauthError | undefined)[]): string {
  const hash = createHash('sha256')
  for (const content of contents) {
    const text = content instanceof RauthError ? content.message : content
    hash.update(JSON.stringify(text ?? null)).update(content instanceof RauthError ? '!' : '.')
  }
  return hash.digest('base64')
}

function authoritiesOf(
  directory: string,
  pem: string | RauthError | undefined,
): Certificates | undefined {
  if (pem instanceof RauthError) throw pem
  if (pem === undefined) return undefined
  return readCertificates(path.join(directory, `${AUTHORITY}.crt`), pem)
}

async function list(directory: string, version: string): Promise<readonly string[]> {
  try {
    return await readdir(version)
  } catch (cause) {
    throw unreadable(directory, `cannot be read: ${messageOf(cause)}`, initHint(directory))
  }
}

/** The text of a file, why it can't be read, or nothing when it is not there. */
export async function readFileOf(
  directory: string,
  version: string,
  name: string,
): Promise<string | RauthError | undefined> {
  try {
    return await readSmallFile(path.join(version, name))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    const file = path.join(directory, name)
    return unreadable(file, `cannot be read: ${messageOf(cause)}`, initHint(directory))
  }
}

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

export function missing(directory: string, name: string): RauthError {
  const file = path.join(directory, name)
  return unreadable(file, 'cannot be read: ENOENT, it is not there', initHint(directory))
}
