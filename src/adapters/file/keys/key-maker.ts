import { lstat, mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { codeOf, RauthError } from '../../../errors.ts'
import type { Algorithm } from '../../../token/algorithms.ts'
import { createAuthority, createLeaf, type KeyPairPem } from '../../../token/certificate.ts'
import { readCertificates } from '../certificates.ts'
import { readPrivateKey } from '../private-key.ts'
import { writeNew, writeWhole } from '../write-whole.ts'
import { BINDING_KEY, createBindingKey, formatBindingKey } from './binding-key.ts'
import { AUTHORITY } from './key-certificate.ts'
import { readKeyFolder } from './key-folder.ts'
import { KEY_PAIRS } from './key-pair.ts'
import { missing, notMade } from './key-problem.ts'

const AUTHORITY_DAYS = 3650
/** Lifetime of a signing key's certificate, days. */
export const LEAF_DAYS = 365
/** Common name of signing keys. */
const LEAF_NAME = 'rauth token signing'

export interface InitializeKeysOptions {
  readonly directory: string
  /** Of a new signing key and a new CA. */
  readonly algorithm: Algorithm
  readonly now: Date
  /** Lifetime of the signing key's certificate. */
  readonly days?: number
}

export interface InitializedKeys {
  /** Paths of the files that were made. */
  readonly created: readonly string[]
  /** Paths of the files that were there and were left as they are. */
  readonly found: readonly string[]
}

/**
 * Makes what a key folder lacks: the CA (`ca.key`, `ca.crt`), a signing key under it (`signing.key`,
 * `signing.crt`) if there is none of any name, and `binding.key`. What is there stays. Half a pair is refused: making the other
 * half anew would silently end every token or every registry's trust.
 */
export async function initializeKeys(options: InitializeKeysOptions): Promise<InitializedKeys> {
  try {
    return await makeMissing(options)
  } catch (cause) {
    if (cause instanceof RauthError) throw cause
    throw notMade(options.directory, cause)
  }
}

async function makeMissing(options: InitializeKeysOptions): Promise<InitializedKeys> {
  const { directory, algorithm, now, days = LEAF_DAYS } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const created: string[] = []
  const found: string[] = []

  async function pair(name: string, make: () => Promise<KeyPairPem>): Promise<void> {
    const files = filesOf(directory, name)
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
    created.push(...(await writePair(directory, name, await make())))
  }

  const keys = (await readKeyFolder(directory, KEY_PAIRS)).entries
  const authority = filesOf(directory, AUTHORITY)
  if (keys.length > 0 && (await exists(authority.crt)) && !(await exists(authority.key))) {
    // Kept elsewhere, as it may be: only a new signing key takes it.
    found.push(authority.crt)
  } else {
    await pair(AUTHORITY, () =>
      createAuthority({ algorithm, name: 'rauth token CA', now, days: AUTHORITY_DAYS }),
    )
  }
  // A key that has been rotated away is not missing, and one made now would sign before it is known.
  const others = keys.filter(({ name }) => name !== 'signing')
  if (others.length > 0) {
    found.push(...others.map(({ name }) => path.join(directory, `${name}.key`)))
  } else {
    await pair('signing', async () =>
      createLeaf(await readAuthority(directory), {
        ...{ algorithm, now, days, name: LEAF_NAME },
      }),
    )
  }
  const binding = path.join(directory, BINDING_KEY)
  if (await exists(binding)) {
    found.push(binding)
  } else {
    await writeWhole(binding, formatBindingKey(createBindingKey()), 0o600)
    created.push(binding)
  }
  return { created, found }
}

/**
 * Writes a new pair; returns its files. The certificate first, which takes the name: two that
 * make a pair of one name at once would mix it. A crash between the two leaves a certificate without a
 * key, which nobody takes for a pair.
 */
async function writePair(
  directory: string,
  name: string,
  { key, certificate }: KeyPairPem,
): Promise<readonly string[]> {
  const files = filesOf(directory, name)
  await writeNew(files.crt, certificate, 0o644)
  try {
    await writeWhole(files.key, key, 0o600)
  } catch (error) {
    await rm(files.crt, { force: true })
    throw error
  }
  return [files.key, files.crt]
}

/** Makes a signing key under the folder's CA that begins now, under a name; returns its files. */
export async function makeNextKey(
  name: string,
  { directory, algorithm, now, days = LEAF_DAYS }: InitializeKeysOptions,
): Promise<readonly string[]> {
  const authority = await readAuthority(directory)
  // Published from now on: when it signs is counted from here.
  const leaf = { algorithm, now, days, name: LEAF_NAME, notBefore: now }
  return writePair(directory, name, await createLeaf(authority, leaf))
}

/**
 * The CA that was there, or was made just now; its key may be in any unencrypted PEM, and its
 * certificate beside that of a CA before it.
 */
async function readAuthority(directory: string): Promise<KeyPairPem> {
  const files = filesOf(directory, AUTHORITY)
  if (!(await exists(files.key))) {
    throw missing(directory, 'ca.key', 'put it here for the moment, from where it is kept')
  }
  const key = readPrivateKey(files.key, await readFile(files.key, 'utf8'))
  const certificate = readCertificates(files.crt, await readFile(files.crt, 'utf8')).find((one) =>
    one.checkPrivateKey(key),
  )
  if (certificate === undefined) {
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

function filesOf(directory: string, name: string): { readonly key: string; readonly crt: string } {
  return {
    key: path.join(directory, `${name}.key`),
    crt: path.join(directory, `${name}.crt`),
  }
}

/** Whether anything is there, a link that leads nowhere included: what is there stays. */
async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
