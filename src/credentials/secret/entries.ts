import { ENTRY_KEYS, type EntryValues } from './entry-values.ts'
import { hasRepeatedKey } from './json-keys.ts'
import { isMapping } from '../../mapping.ts'
import { nearMiss } from './near-miss.ts'
import { wrong, type Read } from './secret-values.ts'
import { messageOf } from '../../errors.ts'
import { decodeUtf8 } from '../strict-text.ts'

const MAX_ENTRIES = 64

/**
 * The JSON of the key `entries` → the values of each, in the form that the Secret itself has them.
 * Strict: what is misspelled or of another type would else be a credential without an end or a limit.
 * Problems name the place and quote nothing, not even a key: it may be a password in the wrong place.
 */
export function readEntries(json: string): Read<readonly EntryValues[]> {
  const parsed = parseJson(json)
  if (!parsed.ok) return parsed
  if (!Array.isArray(parsed.value)) return wrong('entries must be a JSON array of objects')
  const list: readonly unknown[] = parsed.value
  if (list.length > MAX_ENTRIES) return wrong(`entries has more than ${MAX_ENTRIES}: remove some`)
  if (hasRepeatedKey(json)) return wrong('entries has an object with a key twice: remove one')
  const entries: EntryValues[] = []
  for (const [index, item] of list.entries()) {
    const read = readItem(item)
    if (!read.ok) return wrong(`entries[${index}]${read.problem}`)
    entries.push(read.value)
  }
  return { ok: true, value: entries }
}

/** Problems go on where the index ends. */
function readItem(item: unknown): Read<EntryValues> {
  if (!isMapping(item)) return wrong(' must be an object')
  const unknown = Object.keys(item).findIndex((key) => !ENTRY_KEYS.some((known) => known === key))
  if (unknown !== -1) {
    const key = Object.keys(item)[unknown] ?? ''
    const meant = ENTRY_KEYS.find((known) => nearMiss([key], known) !== undefined)
    const next = meant === undefined ? 'correct it' : `spell it ${meant}`
    return wrong(`: key number ${unknown + 1} in it is none of ${ENTRY_KEYS.join(', ')}: ${next}`)
  }
  const values: Record<string, string> = {}
  for (const key of ENTRY_KEYS) {
    if (!Object.hasOwn(item, key)) continue
    const text = key === 'actions' ? joined(item[key]) : item[key]
    const type = key === 'actions' ? 'a list of strings' : 'a string'
    if (typeof text !== 'string') return wrong(`.${key} must be ${type}`)
    if (decodeUtf8(Buffer.from(text, 'utf8')) !== text) {
      return wrong(`.${key} is not UTF-8 text: choose another`)
    }
    values[key] = text
  }
  return { ok: true, value: values }
}

function joined(list: unknown): string | undefined {
  return Array.isArray(list) && list.every((one) => typeof one === 'string')
    ? list.join(',')
    : undefined
}

/** Where V8 says at which character it stopped: at the end, past whatever it quotes. */
const POSITION = / at position (\d+)(?: \(line \d+ column \d+\))?$/

/** Its errors quote what they found: only the position leaves, which some of them have. */
function parseJson(json: string): Read<unknown> {
  try {
    return { ok: true, value: JSON.parse(json) as unknown }
  } catch (error) {
    const position = POSITION.exec(messageOf(error))?.[1]
    const place = position === undefined ? '' : `, from character ${Number(position) + 1} on`
    return wrong(`entries must be a JSON array of objects, and is no JSON${place}: correct it`)
  }
}
