import { createHash, type X509Certificate } from 'node:crypto'
import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { codeOf, RauthError } from '../../../errors.ts'
import type { VerificationKey } from '../../../token/key-set.ts'
import { readCertificates, type Certificates } from '../certificates.ts'
import { readSmallFile } from '../small-file.ts'
import { cannotBeRead } from '../unreadable.ts'
import { AUTHORITY, type FoundKey } from './key-certificate.ts'
import type { KeyForm } from './key-form.ts'
import { toRauthError } from './key-problem.ts'

/** How often a folder is read again because it was swapped while it was read. */
const SWAPS = 5

/** One key of a folder, under the name of its files. */
export interface KeyEntry<K extends VerificationKey> {
  readonly name: string
  /** Equal for two reads that found the same. */
  readonly fingerprint: string
  readonly found: FoundKey<K> | RauthError
}

export interface KeyFolder<K extends VerificationKey> {
  /** By name. */
  readonly entries: readonly KeyEntry<K>[]
  /** Of `ca.crt`. */
  readonly authorities: readonly X509Certificate[]
}

/**
 * All keys of a folder, each judged by itself and at no particular time. What was read before and is
 * the same is taken over. Throws when the folder itself can't be read: that says nothing about any
 * key.
 */
export async function readKeyFolder<K extends VerificationKey>(
  directory: string,
  form: KeyForm<K>,
  previous?: KeyFolder<K>,
): Promise<KeyFolder<K>> {
  for (let swaps = 0; ; swaps += 1) {
    const mounted = await mountedVersion(directory)
    const version = { directory, version: mounted ?? directory }
    const folder = await readVersion(version, form, previous)
    // The kubelet removes the old version soon: what vanished meanwhile is no key that was removed.
    if ((await mountedVersion(directory)) === mounted || swaps === SWAPS) return folder
  }
}

/** The good keys of a folder, by the names of their files. */
export function keysOf<K extends VerificationKey>({
  entries,
}: KeyFolder<K>): readonly { readonly name: string; readonly key: K }[] {
  return entries.flatMap(({ name, found }) =>
    found instanceof RauthError ? [] : { name, key: found.key },
  )
}

/** What `..data` of a mounted volume leads to: pairs are read from one version or the other. */
async function mountedVersion(directory: string): Promise<string | undefined> {
  return realpath(path.join(directory, '..data')).catch(() => undefined)
}

/** A folder as it is called, and where its files are at the moment. */
interface Version {
  readonly directory: string
  readonly version: string
}

/** One file after the other: a file system that hangs then holds one thread, not all that read files. */
async function readVersion<K extends VerificationKey>(
  { directory, version }: Version,
  form: KeyForm<K>,
  previous: KeyFolder<K> | undefined,
): Promise<KeyFolder<K>> {
  const names = await list(directory, version, form)
  const content = async (name: string) =>
    names.includes(name) ? readFileOf(directory, version, name, form) : undefined

  const authorityPem = await content(`${AUTHORITY}.crt`)
  const authorities = attempt(() => authoritiesOf(directory, authorityPem))
  const entries: KeyEntry<K>[] = []
  for (const { name, files } of form.candidates(names)) {
    const contents: Awaited<ReturnType<typeof content>>[] = []
    for (const file of files) contents.push(await content(file))
    // A link that leads nowhere, as the kubelet leaves for a moment, is no key any more.
    if (contents[0] === undefined) continue
    const fingerprint = fingerprintOf([...contents, authorityPem])
    const before = previous?.entries.find((entry) => entry.name === name)
    if (before?.fingerprint === fingerprint) {
      entries.push(before)
      continue
    }
    const read = form.read({ directory, name, contents, authorities })
    entries.push({ name, fingerprint, found: await read.catch(toRauthError) })
  }
  return {
    entries,
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

/** What to do about a folder is told by the form of its keys. */
type Renewal = Pick<KeyForm<VerificationKey>, 'renewal'>

async function list(
  directory: string,
  version: string,
  { renewal }: Renewal,
): Promise<readonly string[]> {
  try {
    return await readdir(version)
  } catch (cause) {
    throw cannotBeRead(directory, cause, renewal(directory))
  }
}

/** The text of a file, why it can't be read, or nothing when it is not there. */
export async function readFileOf(
  directory: string,
  version: string,
  name: string,
  { renewal }: Renewal,
): Promise<string | RauthError | undefined> {
  try {
    return (await readSmallFile(path.join(version, name))).toString('utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    return cannotBeRead(path.join(directory, name), cause, renewal(directory))
  }
}
