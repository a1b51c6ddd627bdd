import { X509Certificate } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, RauthError } from '../../../errors.ts'
import { unreadable } from '../unreadable.ts'
import { writeWhole } from '../write-whole.ts'
import { BINDING_KEY, formatBindingKey, readBindingKey } from './binding-key.ts'
import { AUTHORITY } from './key-certificate.ts'
import { usableKeys } from './key-files.ts'
import { keysOf, readKeyFolder } from './key-folder.ts'
import { KEY_PAIRS } from './key-pair.ts'
import { missing } from './key-problem.ts'
import { PUBLIC_KEYS } from './public-key.ts'

export interface PublishOptions {
  /** The folder with the private keys. */
  readonly directory: string
  /** The folder for those who only verify. */
  readonly target: string
  readonly now: Date
}

export interface PublishedKeys {
  readonly written: readonly string[]
  /** Certificates of keys that are no more. */
  readonly removed: readonly string[]
}

/**
 * Makes a folder for those who only verify: the CAs, the certificate of each key, and the binding key,
 * which generations take. A certificate of a key that is no more is removed: there it would still
 * verify. Refuses a folder with a private key in it, and changes nothing if any key can't be used.
 */
export async function publishKeys(options: PublishOptions): Promise<PublishedKeys> {
  const { target } = options
  const files = await publicFiles(options)
  try {
    await mkdir(target, { recursive: true, mode: 0o700 })
    const there = PUBLIC_KEYS.candidates(await readdir(target)).map(({ files: [file] }) => file)
    const secret = there.find((file) => file.endsWith('.key'))
    if (secret !== undefined) {
      throw unreadable(
        path.join(target, secret),
        'may be a private key, and this folder is for those who only verify',
        'name another folder, one without private keys',
      )
    }
    for (const [name, { content, mode }] of files) {
      await writeWhole(path.join(target, name), content, mode)
    }
    const stale = there.filter((file) => !files.has(file))
    for (const file of stale) await rm(path.join(target, file))
    const pathOf = (name: string) => path.join(target, name)
    return { written: [...files.keys()].map(pathOf), removed: stale.map(pathOf) }
  } catch (cause) {
    if (cause instanceof RauthError) throw cause
    const message = `${target} cannot be written: ${messageOf(cause)}`
    throw new RauthError('ERR_KEYS_UNREADABLE', message, { cause })
  }
}

interface PublicFile {
  readonly content: string
  readonly mode: number
}

/** By their names. */
async function publicFiles({
  directory,
  now,
}: PublishOptions): Promise<ReadonlyMap<string, PublicFile>> {
  const folder = await readKeyFolder(directory, KEY_PAIRS)
  usableKeys(folder, directory, KEY_PAIRS, now)
  if (folder.authorities.length === 0) throw missing(directory, `${AUTHORITY}.crt`)
  const bindingKey = await readBindingKey(directory)
  return new Map([
    [`${AUTHORITY}.crt`, certificateFile(folder.authorities)],
    ...keysOf(folder).map(({ name, key: { chain } }) => {
      const certificates = chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')))
      return [`${name}.crt`, certificateFile(certificates)] as const
    }),
    [BINDING_KEY, { content: formatBindingKey(bindingKey), mode: 0o600 }],
  ])
}

function certificateFile(certificates: readonly X509Certificate[]): PublicFile {
  return { content: certificates.map((one) => one.toString()).join(''), mode: 0o644 }
}
