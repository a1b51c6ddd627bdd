import { createSecretKey, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { RauthError } from '../../../errors.ts'
import {
  createKeySet,
  type KeySetOptions,
  type SigningKeySet,
  type VerificationKey,
} from '../../../token/key-set.ts'
import { AUTHORITY, type FoundKey } from './key-certificate.ts'
import { readFileOf, readKeyFolder, type KeyFolder } from './key-folder.ts'
import type { KeyForm } from './key-form.ts'
import { BINDING_KEY, KEY_PAIRS } from './key-pair.ts'
import { missing, unreadable } from './key-problem.ts'

const BINDING_KEY_BYTES = 32

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
  { entries }: KeyFolder<K>,
  directory: string,
  { what, renewal }: KeyForm<K>,
  now: Date,
): readonly K[] {
  if (entries.length === 0) throw unreadable(directory, `has no ${what}`, renewal(directory))
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
  if (at < key.notBefore || at >= key.notAfter) {
    const [from, to] = [key.notBefore, key.notAfter].map(formatMoment)
    return unreadable(
      path.join(directory, `${name}.crt`),
      `is good from ${from} to ${to}, not now`,
      `remove the files of ${name}, then: ${renewal(directory)}`,
    )
  }
  if (at < trustedUntil) return undefined
  return unreadable(
    path.join(directory, `${AUTHORITY}.crt`),
    'is out of its time: no registry trusts what it signed',
    'make new keys in an empty folder, and give the new ca.crt to the registry',
  )
}

/** `2026-11-24T12:00:00Z`, of seconds since the epoch. */
export function formatMoment(at: number): string {
  return new Date(at * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}

/**
 * The 32 bytes that bind tokens to the generation of a credential; the same for all replicas. As a key
 * object, which prints nothing of them.
 */
export async function readBindingKey(
  directory: string,
  form: Pick<KeyForm<VerificationKey>, 'renewal'> = KEY_PAIRS,
): Promise<KeyObject> {
  const next = form.renewal(directory)
  const file = path.join(directory, BINDING_KEY)
  const content =
    (await readFileOf(directory, directory, BINDING_KEY, form)) ??
    missing(directory, BINDING_KEY, next)
  if (content instanceof RauthError) throw content
  const text = content.trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== BINDING_KEY_BYTES || key.toString('base64') !== text) {
    throw unreadable(file, 'is not 32 bytes in base64', next)
  }
  return createSecretKey(key)
}
