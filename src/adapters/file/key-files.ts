import path from 'node:path'
import { RauthError } from '../../errors.ts'
import {
  createKeySet,
  type KeySet,
  type KeySetOptions,
  type SigningKey,
} from '../../token/key-set.ts'
import { BINDING_KEY, missing, readFileOf, readKeyFolder, type KeyFolder } from './key-folder.ts'
import { AUTHORITY, initHint, unreadable, type FoundKey } from './key-pair.ts'

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
): Promise<KeySet> {
  return createKeySet(usableKeys(await readKeyFolder(directory), directory, now), options)
}

/** The keys of a folder in which nothing is wrong. */
export function usableKeys(
  { pairs }: KeyFolder,
  directory: string,
  now: Date,
): readonly SigningKey[] {
  if (pairs.length === 0) throw unreadable(directory, 'has no signing key', initHint(directory))
  const at = now.getTime() / 1000
  const keys = pairs.map(({ name, found }) => {
    if (found instanceof RauthError) throw found
    return { key: found.key, problem: timeProblem(directory, name, found, at) }
  })
  const problems = keys.flatMap(({ problem }) => problem ?? [])
  if (problems[0] !== undefined && problems.length === keys.length) throw problems[0]
  return keys.flatMap(({ key }) => (at < key.notAfter ? key : []))
}

/** Why a key can't sign at a moment, seconds since the epoch. */
function timeProblem(
  directory: string,
  name: string,
  { key, trustedUntil = Infinity }: FoundKey,
  at: number,
): RauthError | undefined {
  if (at < key.notBefore || at >= key.notAfter) {
    const [from, to] = [key.notBefore, key.notAfter].map(formatMoment)
    return unreadable(
      path.join(directory, `${name}.crt`),
      `is good from ${from} to ${to}, not now`,
      `remove ${name}.key and ${name}.crt, then: ${initHint(directory)}`,
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

/** The 32 bytes that bind tokens to the generation of a credential; the same for all replicas. */
export async function readBindingKey(directory: string): Promise<Buffer> {
  const file = path.join(directory, BINDING_KEY)
  const content =
    (await readFileOf(directory, directory, BINDING_KEY)) ?? missing(directory, BINDING_KEY)
  if (content instanceof RauthError) throw content
  const text = content.trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== BINDING_KEY_BYTES || key.toString('base64') !== text) {
    throw unreadable(file, 'is not 32 bytes in base64', initHint(directory))
  }
  return key
}
