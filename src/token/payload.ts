import { isMapping, type Mapping } from '../mapping.ts'
import type { CredentialReference } from '../subject.ts'

/** Parsers of the parts of a payload: each gives the value in its type, or `undefined`. */

/** A user name may be as long as Basic credentials can carry it, so `sub` may too. */
const MAX_TEXT = 4096
/** Actions on one resource. */
export const MAX_ACTIONS = 16
/** Credentials of one subject. */
export const MAX_HOLDERS = 256

/** An object. */
export function mapping(value: unknown): Mapping | undefined {
  return isMapping(value) ? value : undefined
}

/** An object with exactly these own keys. */
export function record(value: unknown, keys: readonly string[]): Mapping | undefined {
  const own = mapping(value)
  if (own === undefined || Object.keys(own).length !== keys.length) return undefined
  return keys.every((key) => Object.hasOwn(own, key)) ? own : undefined
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : undefined
}

/** Seconds since the epoch, whole. */
export function instant(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

export function list<T>(
  value: unknown,
  limit: number,
  parse: (item: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > limit) return undefined
  const items = value.map(parse)
  return items.every((item) => item !== undefined) ? items : undefined
}

/** Namespaces, or whatever else there is one of for each credential. */
export function names(value: unknown): readonly string[] | undefined {
  return list(value, MAX_HOLDERS, text)
}

/** `[[id, generation], …]`. */
export function references(value: unknown): readonly CredentialReference[] | undefined {
  return list(value, MAX_HOLDERS, reference)
}

export function formatReferences(credentials: readonly CredentialReference[]) {
  return credentials.map(({ id, generation }) => [id, generation])
}

export function reference(value: unknown): CredentialReference | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const id = text(value[0])
  const generation = text(value[1])
  return id === undefined || generation === undefined ? undefined : { id, generation }
}
