import type { KeyObject } from 'node:crypto'
import { Redacted } from '../../redacted.ts'
import type { Credential, PasswordSecret } from '../credential.ts'
import { readEntries } from './entries.ts'
import { readEntry, type EntryCredential } from './entry.ts'
import { ENTRY_KEYS, type EntryPassword, type EntryValues } from './entry-values.ts'
import { credentialGeneration } from '../generation.ts'
import type { PasswordHasher } from '../password.ts'
import { decodeBase64 } from '../strict-text.ts'
import type { Mapping } from '../../mapping.ts'
import { readValues, wrong, type Read } from './secret-values.ts'

export interface CredentialOptions {
  readonly hasher: PasswordHasher
  /** Key of generations: see generation.ts. */
  readonly bindingKey: KeyObject
}

export interface SecretCredentials {
  /** In the order in which they stand in the Secret; at least one. */
  readonly credentials: readonly Credential[]
  /** For the operator: it works, but hardly as meant. */
  readonly warnings: readonly string[]
}

const ENCODED =
  'username is the name of the namespace in base64, and whoever gives the name is refused; next: write the values as ' +
  'they are below stringData, or in base64, once, below data'

/** Whether it was encoded once too often; `echo` ends with a line end. */
function isEncoded(username: string | undefined, namespace: string): boolean {
  const bytes = username === undefined ? undefined : decodeBase64(username)
  return bytes?.toString('utf8').trimEnd() === namespace
}

/** bcrypt hashes that one Secret may have for one user name: each is work for every login with it. */
const MAX_HASHES = 4

/**
 * A Secret manifest → every credential in it: one in the keys of the Secret itself, or several in the
 * list `entries`, or both. One that is wrong makes the whole Secret a problem: half of a rotation is
 * harder to notice than none.
 */
export function readCredentials(
  manifest: Mapping,
  place: { readonly id: string; readonly namespace: string },
  options: CredentialOptions,
): Read<SecretCredentials> {
  const read = readValues(manifest, [...ENTRY_KEYS, 'entries'])
  if (!read.ok) return read
  const { entries: json, ...own } = read.value
  const listed = json === undefined ? undefined : readEntries(json)
  if (listed?.ok === false) return listed
  const parts = [
    // Without a list the Secret itself is the one entry, be it as incomplete as it may.
    ...(listed === undefined || Object.keys(own).length > 0 ? [{ at: '', values: own }] : []),
    ...(listed?.value ?? []).map((values: EntryValues, i) => ({ at: `entries[${i}].`, values })),
  ]
  if (parts.length === 0) return wrong('entries is empty: add one, or username and password')

  const found: (EntryCredential & { readonly at: string })[] = []
  const warnings: string[] = []
  for (const { at, values } of parts) {
    const entry = readEntry(values)
    if (entry.problems.length > 0) return wrong(entry.problems.map((one) => at + one).join('; '))
    found.push(...entry.credentials.map((credential) => ({ ...credential, at })))
    const odd = isEncoded(values.username, place.namespace) ? [ENCODED] : []
    warnings.push(...[...entry.warnings, ...odd].map((one) => `Secret ${place.id}: ${at}${one}`))
  }
  const credentials = found.map((one) => credentialOf(one, place, options))
  const conflict = repeated(found, credentials) ?? tooManyHashes(credentials)
  return conflict === undefined ? { ok: true, value: { credentials, warnings } } : wrong(conflict)
}

function credentialOf(
  { username, secret, actions, notBefore, notAfter }: EntryCredential,
  { id, namespace }: { readonly id: string; readonly namespace: string },
  { hasher, bindingKey }: CredentialOptions,
): Credential {
  return {
    ...{ id, namespace, username },
    generation: credentialGeneration(bindingKey, { id, username, ...secret }),
    secret: kept(secret, hasher),
    ...(actions === undefined ? {} : { actions }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(notAfter === undefined ? {} : { notAfter }),
  }
}

function kept(secret: EntryPassword, hasher: PasswordHasher): PasswordSecret {
  return secret.kind === 'plain'
    ? { kind: 'keyed', hash: hasher.hash(secret.password) }
    : { kind: 'bcrypt', hash: new Redacted(secret.passwordHash), cost: secret.cost }
}

/** Which of two with one user name and one password counts, nothing would tell. */
function repeated(
  found: readonly { readonly at: string; readonly key: string }[],
  credentials: readonly Credential[],
): string | undefined {
  const places = new Map<string, string>()
  for (const [i, { generation }] of credentials.entries()) {
    const here = `${found[i]?.at ?? ''}${found[i]?.key ?? ''}`
    const before = places.get(generation)
    if (before !== undefined) {
      return `${here} is that of ${before}, with the same user name: remove one of them`
    }
    places.set(generation, here)
  }
  return undefined
}

function tooManyHashes(credentials: readonly Credential[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { username, secret } of credentials) {
    if (secret.kind === 'bcrypt') counts.set(username, (counts.get(username) ?? 0) + 1)
  }
  return Math.max(0, ...counts.values()) > MAX_HASHES
    ? `more than ${MAX_HASHES} bcrypt hashes of one user name: give the others a name of their own`
    : undefined
}
