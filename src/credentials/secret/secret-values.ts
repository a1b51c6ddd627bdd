import { isSlip } from '../../nearest.ts'
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
  if (sizeOf(data, 'base64') + sizeOf(stringData, 'utf8') > MAX_SECRET) {
    return wrong(`the Secret is larger than ${MAX_SECRET} bytes: remove other keys`)
  }
  const given = [...Object.keys(data), ...Object.keys(stringData)]
  if (given.length > MAX_KEYS) {
    return wrong(`the Secret has more than ${MAX_KEYS} keys: remove those that are for others`)
  }
  const mistaken = misspelled(given, keys)
  if (mistaken !== undefined) {
    return wrong(
      `a key seems to be meant as ${mistaken} but is spelled in another way: spell it so, or rename it`,
    )
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

/** Without these two there is no credential at all: their slips are found by that. */
const REQUIRED: readonly string[] = ['username', 'password']

/** A `not-after` or `notAftr` that nobody reads would be a credential without an end. */
function misspelled(given: readonly string[], keys: readonly string[]): string | undefined {
  const plain = (key: string) => key.toLowerCase().replaceAll(/[-_.]/g, '')
  const odd = new Set(given.filter((key) => !keys.includes(key)).map(plain))
  const meant = (key: string) => {
    // Beside the right one, another spelling of these is somebody else's, such as USERNAME.
    if (REQUIRED.includes(key)) return !given.includes(key) && odd.has(plain(key))
    const known = plain(key)
    return [...odd].some((one) => one.startsWith(known) || isSlip(one, known))
  }
  return keys.find(meant)
}

function sizeOf(values: Mapping, encoding: 'base64' | 'utf8'): number {
  let bytes = 0
  for (const value of Object.values(values)) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value, encoding)
  }
  return bytes
}
