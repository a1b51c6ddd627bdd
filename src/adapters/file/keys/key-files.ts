import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import {
  createKeySet,
  type KeySetOptions,
  type SigningKeySet,
  type VerificationKey,
} from '../../../token/key-set.ts'
import { outsideValidity } from '../validity.ts'
import { unreadable } from '../unreadable.ts'
import { AUTHORITY, type FoundKey } from './key-certificate.ts'
import { readKeyFolder, type KeyFolder } from './key-folder.ts'
import type { KeyForm } from './key-form.ts'
import { KEY_PAIRS } from './key-pair.ts'

/**
 * The signing keys of a folder: each `NAME.key` (PKCS #8 PEM) with its `NAME.crt` (the leaf, then any
 * intermediates). A mounted TLS Secret has the same form. Throws ERR_KEYS_UNREADABLE for what must
 * not sign: no certificate, another key's certificate, a weak key, a key that fails its self-test, a
 * chain that does not end at one of the CAs in `ca.crt`, if that is there, and when no certificate is
 * good now. A pair that is over, beside one that is not, is left out.
 */
export async function loadKeySet(
  directory: string,
  now: Date,
  options: KeySetOptions = {},
): Promise<SigningKeySet> {
  const folder = await readKeyFolder(directory, KEY_PAIRS)
  return createKeySet(usableKeys(folder, directory, KEY_PAIRS, now), options)
}

/** The keys of a folder in which nothing is wrong. */
export function usableKeys<K extends VerificationKey>(
  { entries, authorities }: KeyFolder<K>,
  directory: string,
  { what, renewal, beginning }: KeyForm<K>,
  now: Date,
): readonly K[] {
  if (entries.length === 0) {
    throw unreadable(directory, `has no ${what}`, beginning(directory, authorities.length > 0))
  }
  const at = now.getTime() / 1000
  const keys = entries.map(({ name, found }) => {
    if (found instanceof RauthError) throw found
    return { key: found.key, problem: timeProblem({ directory, name, found, at, renewal }) }
  })
  const problems = keys.flatMap(({ problem }) => problem ?? [])
  if (problems[0] !== undefined && problems.length === keys.length) throw problems[0]
  return keys.flatMap(({ key }) => (at < key.notAfter ? key : []))
}

/** Why a key can't be used at a moment, seconds since the epoch. */
function timeProblem({
  directory,
  name,
  found: { key, trustedUntil = Infinity },
  at,
  renewal,
}: {
  readonly directory: string
  readonly name: string
  readonly found: FoundKey<VerificationKey>
  readonly at: number
  readonly renewal: (directory: string) => string
}): RauthError | undefined {
  const term = { from: key.notBefore, to: key.notAfter, at }
  const out = outsideValidity(term, `remove the files of ${name}, then: ${renewal(directory)}`)
  if (out !== undefined) {
    return unreadable(path.join(directory, `${name}.crt`), out.wrong, out.next)
  }
  if (at < trustedUntil) return undefined
  return unreadable(
    path.join(directory, `${AUTHORITY}.crt`),
    'is out of its time: no registry trusts what it signed',
    'make new keys in an empty folder, and give the new ca.crt to the registry',
  )
}
