import { isMapping } from '../mapping.ts'
import { readDocument } from './document.ts'
import { isSame } from './changes.ts'

/** Lists that restrict by what is in them; of all others less gives less. */
const LIMITS: readonly string[] = ['immutable']

/** Keys that are words alone. */
const WORDS: readonly string[] = ['comment', 'reason']

/** What to do about a text whose end seems to be missing. */
export const WHOLE_OF_IT =
  'is this the whole of it? next: put that back, or have it taken as it is: by SIGHUP, or a restart'

/** Whether the last line of a text is cut, as that of the one before was not. */
export function hasLostLineEnd(text: string, before: string): boolean {
  return before.endsWith('\n') && !text.endsWith('\n')
}

/**
 * Why a document of entries looks as if its end were missing, beside what it was before; else nothing. A
 * list that lost whole entries is shorter, and may be meant so. An entry cut inside is another one: a rule
 * without its last condition holds for more, an account without its `actions` may do more.
 */
export function lostEnd(text: string, before: string): string | undefined {
  if (hasLostLineEnd(text, before)) return 'it ends in the middle of a line'
  const [next, then] = [valuesOf(text), valuesOf(before)]
  const section = Object.keys(next).at(-1)
  if (section === undefined) return undefined
  const lost = lostOfSection(next[section], then[section])
  return lost === undefined ? undefined : `the last of "${section}" has lost "${lost}"`
}

function valuesOf(text: string): Readonly<Record<string, unknown>> {
  const read = readDocument(text, { scalars: 'texts' })
  return read.problems === undefined ? read.document.values : {}
}

function lostOfSection(next: unknown, before: unknown): string | undefined {
  if (Array.isArray(next) && Array.isArray(before)) {
    const last: unknown = next.at(-1)
    if (before.some((one) => isSame(one, last))) return undefined
    const gone = before.filter((one) => !next.some((other) => isSame(one, other)))
    return gone.map((one) => lostPart(last, one)).find((lost) => lost !== undefined)
  }
  if (!isMapping(next) || !isMapping(before)) return undefined
  const name = Object.keys(next).at(-1)
  if (name === undefined) return undefined
  // Of a map of entries some may be gone; of one entry nothing.
  if (!Object.values(before).every(isMapping)) return lostPart(next, before)
  // It is known by its name, whatever else of it is new, such as the password.
  return lostKey(next[name], before[name]) ?? lostPart(next[name], before[name])
}

/** The key at its end that `whole` has and `part` has not, if they are else the same. */
function lostPart(part: unknown, whole: unknown, key = ''): string | undefined {
  if (Array.isArray(part) && Array.isArray(whole)) {
    const isShorter = LIMITS.includes(key) && part.length < whole.length
    return isShorter && part.every((one, at) => isSame(one, whole[at])) ? key : undefined
  }
  if (!isMapping(part) || !isMapping(whole)) return undefined
  const keys = Object.keys(part)
  const last = keys.at(-1)
  const earlier = keys.slice(0, -1)
  if (!earlier.every((one) => isSame(part[one], whole[one]))) return undefined
  if (last !== undefined && !isSame(part[last], whole[last])) {
    return lostPart(part[last], whole[last], last)
  }
  return lostKey(part, whole)
}

function lostKey(part: unknown, whole: unknown): string | undefined {
  if (!isMapping(part) || !isMapping(whole)) return undefined
  const keys = Object.keys(part)
  return Object.keys(whole).find((one) => !keys.includes(one) && !WORDS.includes(one))
}
