import {
  readActions,
  readPassword,
  readTime,
  readUsername,
  type EntryKey,
  type EntryPassword,
  type EntryValues,
  type Notes,
} from './entry-values.ts'

/** A user name and a password with what they are good for. */
export interface EntryCredential {
  readonly username: string
  readonly secret: EntryPassword
  /** Where the password stands, for messages. */
  readonly key: EntryKey
  readonly actions?: readonly string[]
  /** Seconds since the epoch, as `notAfter`. */
  readonly notBefore?: number
  readonly notAfter?: number
}

export interface Entry extends Notes {
  readonly credentials: readonly EntryCredential[]
}

const CURRENT = ['password', 'passwordHash'] as const
const PREVIOUS = ['previousPassword', 'previousPasswordHash'] as const

/**
 * One entry of a Secret → its credential, and the previous one beside it for as long as that goes on.
 * Of no use as soon as there is a problem.
 */
export function readEntry(values: EntryValues): Entry {
  const notes: Notes = { problems: [], warnings: [] }
  const username = readUsername(values, notes)
  const current = readPassword(values, CURRENT, notes)
  const previous = readPassword(values, PREVIOUS, notes)
  const notBefore = readTime(values, 'notBefore', notes)
  const notAfter = readTime(values, 'notAfter', notes)
  const previousNotAfter = readTime(values, 'previousPasswordNotAfter', notes)
  const actions = readActions(values, notes)

  if (CURRENT.every((key) => values[key] === undefined)) {
    notes.problems.push('password is missing: add it, or passwordHash')
  }
  if (notBefore !== undefined && notAfter !== undefined && notBefore >= notAfter) {
    notes.problems.push('notAfter is not after notBefore, so it would never work: correct one')
  }
  const hasPrevious = PREVIOUS.some((key) => values[key] !== undefined)
  if (hasPrevious && values.previousPasswordNotAfter === undefined) {
    notes.problems.push('previousPasswordNotAfter is missing: a previous password needs an end')
  }
  if (!hasPrevious && values.previousPasswordNotAfter !== undefined) {
    notes.warnings.push('previousPasswordNotAfter stands there without a previous password')
  }

  const credential = (
    secret: EntryPassword | undefined,
    [plain, hash]: readonly [EntryKey, EntryKey],
    end: number,
  ): readonly EntryCredential[] =>
    secret === undefined
      ? []
      : [
          {
            ...{ username, secret, key: secret.kind === 'plain' ? plain : hash },
            ...(actions === undefined ? {} : { actions }),
            ...(notBefore === undefined ? {} : { notBefore }),
            ...(end === Infinity ? {} : { notAfter: end }),
          },
        ]
  const end = notAfter ?? Infinity
  return {
    ...notes,
    credentials: [
      ...credential(current, CURRENT, end),
      ...credential(previous, PREVIOUS, Math.min(end, previousNotAfter ?? Infinity)),
    ],
  }
}
