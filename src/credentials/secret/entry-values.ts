import { MAX_USER_PASS } from '../basic-auth.ts'
import { readBcryptCost } from '../bcrypt-hash.ts'
import { parseInstant } from '../../instant.ts'
import { hasControl } from '../strict-text.ts'

/** What an entry may hold, by the same names in the Secret itself and in `entries`. */
export const ENTRY_KEYS = [
  'username',
  'password',
  'passwordHash',
  'previousPassword',
  'previousPasswordHash',
  'previousPasswordNotAfter',
  'notBefore',
  'notAfter',
  'actions',
] as const

export type EntryKey = (typeof ENTRY_KEYS)[number]

/** All of it text; `actions` with commas between. */
export type EntryValues = Readonly<Partial<Record<EntryKey, string>>>

/** What is found on the way. Each begins with the key that it is about, and none quotes a value. */
export interface Notes {
  /** With one of these the entry is of no use. */
  readonly problems: string[]
  /** It works, but hardly as meant. */
  readonly warnings: string[]
}

export type EntryPassword =
  | { readonly kind: 'plain'; readonly password: string }
  | { readonly kind: 'bcrypt'; readonly passwordHash: string; readonly cost: number }

const ACTIONS: readonly string[] = ['pull', 'push', 'delete']

const NEWLINE = /\r?\n$/

export function readUsername({ username }: EntryValues, notes: Notes): string {
  if (username === undefined) {
    notes.problems.push('username is missing: add it to the Secret')
    return ''
  }
  checkText('username', username, notes)
  if (username.includes(':')) {
    notes.problems.push('username holds a colon, which Basic authentication cannot send')
  }
  return username
}

/** The password under one of the two keys; `undefined`: there is none, or it is of no use. */
export function readPassword(
  values: EntryValues,
  [plainKey, hashKey]: readonly [EntryKey, EntryKey],
  notes: Notes,
): EntryPassword | undefined {
  const [plain, hash] = [values[plainKey], values[hashKey]]
  if (plain !== undefined && hash !== undefined) {
    notes.problems.push(`${plainKey} and ${hashKey} are both there: keep one of them`)
    return undefined
  }
  // Of a hash: the shortest password that it can be of.
  const sent = `${values.username ?? ''}:${plain ?? '-'}`
  if (Buffer.byteLength(sent, 'utf8') > MAX_USER_PASS) {
    notes.problems.push(
      `username and ${plainKey} are longer than the ${MAX_USER_PASS} bytes that a client can send`,
    )
    return undefined
  }
  if (plain !== undefined) {
    checkText(plainKey, plain, notes)
    return { kind: 'plain', password: plain }
  }
  if (hash === undefined) return undefined
  const passwordHash = hash.replace(NEWLINE, '')
  const cost = readBcryptCost(passwordHash)
  if (typeof cost === 'number') return { kind: 'bcrypt', passwordHash, cost }
  notes.problems.push(`${hashKey} ${cost}`)
  return undefined
}

export function readTime(
  values: EntryValues,
  key: 'notBefore' | 'notAfter' | 'previousPasswordNotAfter',
  notes: Notes,
): number | undefined {
  const text = values[key]
  const time = text === undefined ? undefined : parseInstant(text.replace(NEWLINE, ''))
  if (text !== undefined && time === undefined) {
    notes.problems.push(
      `${key} must be a time as RFC 3339 has it, such as 2027-01-31T12:00:00Z: correct it`,
    )
  }
  return time
}

/** The most that the credential may do; `undefined`: everything. */
export function readActions({ actions }: EntryValues, notes: Notes): readonly string[] | undefined {
  if (actions === undefined) return undefined
  const names = actions.split(',').map((name) => name.trim())
  const known = names.every((name) => ACTIONS.includes(name))
  if (!known || new Set(names).size < names.length) {
    const all = ACTIONS.join(', ')
    notes.problems.push(`actions must be some of ${all}, each once: correct it`)
  } else if (names.includes('push') && !names.includes('pull')) {
    notes.warnings.push(
      'actions has push without pull, and registries ask for both to push: add pull',
    )
  }
  return names
}

/** What a user name and a password have to be. */
function checkText(key: EntryKey, text: string, { problems, warnings }: Notes): void {
  if (text === '') problems.push(`${key} is empty: set it`)
  // A newline at the end is a slip of `echo`, worth a warning that says so.
  if (hasControl(text.replace(NEWLINE, ''))) {
    problems.push(
      `${key} holds a control character, which Basic authentication cannot send: choose another`,
    )
  } else if (NEWLINE.test(text)) {
    warnings.push(
      `${key} ends in a newline, which counts and which no client can send: ` +
        'write it without (printf, not echo)',
    )
  }
}
