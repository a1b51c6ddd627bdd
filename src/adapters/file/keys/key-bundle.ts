import { X509Certificate } from 'node:crypto'
import { unreadable } from '../unreadable.ts'
import { usableKeys } from './key-files.ts'
import { readKeyFolder } from './key-folder.ts'
import { KEY_PAIRS } from './key-pair.ts'

export interface BundleOptions {
  readonly directory: string
  /** The certificates of the keys as well. */
  readonly leaves: boolean
  readonly now: Date
}

/** PEM of what a registry must trust, the CAs first: a registry's `rootcertbundle`. */
export async function readBundle({ directory, leaves, now }: BundleOptions): Promise<string> {
  const folder = await readKeyFolder(directory, KEY_PAIRS)
  const keys = usableKeys(folder, directory, KEY_PAIRS, now)
  const certificates = leaves
    ? keys.flatMap(({ chain }) =>
        chain.map((der) => new X509Certificate(Buffer.from(der, 'base64'))),
      )
    : []
  const bundle = [...folder.authorities, ...certificates]
  if (bundle.length === 0) {
    throw unreadable(directory, 'has no ca.crt', 'rauth keys bundle --leaves, for the keys alone')
  }
  return bundle.map((certificate) => certificate.toString()).join('')
}
