import { isItThis, nearMiss, plain } from './near-miss.ts'
import { decodeBase64, decodeUtf8 } from '../strict-text.ts'
import { isMapping, type Mapping } from '../../mapping.ts'

/** Largest sum of the values of one Secret, bytes: no namespace can make rauth work for it. */
const MAX_SECRET = 32 * 1024

/** Each is compared with every key that rauth knows. */
const MAX_KEYS = 128

/** What is read, or what is wrong with it and what to do: quotes nothing of the Secret. */
export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

export const wrong = (problem: string) => ({ ok: false, problem }) as const

/**
 * The values of a Secret as text, of these keys and no others, each that is there. `data` is base64,
 * `stringData` plain text that overrides it, as for the API server; null is the same as nothing.
 */
export function readValues<Key extends string>(
  manifest: Mapping,
  keys: readonly Key[],
): Read<Partial<Record<Key, string>>> {
  const data = manifest['data'] ?? {}
  const stringData = manifest['stringData'] ?? {}
  if (!isMapping(data) || !isMapping(stringData)) {
    return wrong('data and stringData must be mappings')
  }
  for (const section of ['data', 'stringData']) {
    if (manifest[section] != null) continue
    const meant = isItThis(Object.keys(manifest), section)
    if (meant !== '') return wrong(`${section} is missing${meant}`)
  }
  if (sizeOf(data, 'base64') + sizeOf(stringData, 'utf8') > MAX_SECRET) {
    return wrong(`the Secret is larger than ${MAX_SECRET} bytes: remove other keys`)
  }
  const given = [...Object.keys(data), ...Object.keys(stringData)]
  if (given.length > MAX_KEYS) {
    return wrong(`the Secret has more than ${MAX_KEYS} keys: remove those that are for others`)
  }
  const mistaken = misspelled(given, keys)
  if (mistaken !== undefined) {
    const { key, meant } = mistaken
    const which = key === undefined ? 'a key' : `the key "${key}"`
    return wrong(`${which} must be meant as ${meant}: spell it so, or give it quite another name`)
  }
  const values: Partial<Record<Key, string>> = {}
  for (const key of keys) {
    const read = readText(stringData[key] ?? undefined, data[key] ?? undefined)
    if (typeof read === 'string') values[key] = read
    else if (read !== undefined) return wrong(`${key} ${read.flaw}`)
  }
  return { ok: true, value: values }
}

function readText(plain: unknown, encoded: unknown) {
  const source = plain ?? encoded
  if (source === undefined) return undefined
  if (typeof source !== 'string') return { flaw: 'must be a string: put it in quotes' }
  const bytes = plain === undefined ? decodeBase64(source) : Buffer.from(source, 'utf8')
  if (bytes === undefined) {
    return { flaw: 'is not base64 on one line: encode it, or move it to stringData' }
  }
  const text = decodeUtf8(bytes)
  if (text === undefined || (plain !== undefined && text !== source)) {
    return { flaw: 'is not UTF-8 text: choose another' }
  }
  return text
}

/** Beside the right one, another spelling of these is somebody else's, such as USERNAME. */
const REQUIRED: readonly string[] = ['username', 'password']
/** With one of these there need be no password, and another key may be called nearly so. */
const INSTEAD: readonly string[] = ['passwordHash', 'entries']

/** A `not-after` or `notAftr` that nobody reads would be a credential without an end. */
function misspelled(
  given: readonly string[],
  keys: readonly string[],
): { readonly meant: string; readonly key: string | undefined } | undefined {
  const odd = given.filter((key) => !keys.includes(key))
  const without = !INSTEAD.some((key) => given.includes(key))
  for (const meant of keys) {
    const isRequired = REQUIRED.includes(meant)
    if (isRequired && given.includes(meant)) continue
    const key = nearMiss(odd, meant)
    if (key !== undefined && (!isRequired || without || plain(key) === plain(meant))) {
      return { meant, key }
    }
    // What follows the name may be anything, and is not told.
    if (!isRequired && odd.some((one) => plain(one).startsWith(plain(meant)))) {
      return { meant, key: undefined }
    }
  }
  return undefined
}

function sizeOf(values: Mapping, encoding: 'base64' | 'utf8'): number {
  let bytes = 0
  for (const value of Object.values(values)) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value, encoding)
  }
  return bytes
}
