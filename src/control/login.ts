import { ENTRY_KEYS, type EntryValues } from '../credentials/secret/entry-values.ts'
import { readSecret } from '../credentials/secret/secret-format.ts'
import { parseInstant } from '../instant.ts'
import type { Mapping } from '../mapping.ts'
import { Redacted } from '../redacted.ts'
import { changedData, textIn } from './secret-data.ts'
import type { PlanContext } from './settings.ts'
import type { DataChanges } from './step.ts'

/** The login that a credential Secret has for pods. */
export interface Login {
  readonly username: string
  readonly password: Redacted<string>
  /** The password before, where it stands there itself. */
  readonly previous: Redacted<string> | undefined
  /** When the password before ends, seconds since the epoch; undefined: there is none. */
  readonly previousUntil: number | undefined
}

export type LoginReading =
  | { readonly ok: true; readonly login: Login; readonly repair: DataChanges }
  /** Others' keys are wrong, which rauth does not touch. Quotes nothing of the Secret. */
  | { readonly ok: false; readonly problem: string }

/** Far enough that no overlap ever ends then: it has not begun. */
export const NOT_YET = '9999-12-31T23:59:59Z'
export const NOT_YET_INSTANT = parseInstant(NOT_YET) ?? Infinity

export const NO_PREVIOUS: DataChanges = {
  previousPassword: null,
  previousPasswordHash: null,
  previousPasswordNotAfter: null,
}

/**
 * The login in the data of a credential Secret, and what has to change for it to be one. Of what is wrong
 * rauth repairs the keys that it writes itself: user name, password and the password before, and none of them
 * but those that are wrong: whoever has a copy of the others goes on. The password is what the Secret says it is,
 * whoever wrote it.
 */
export function readLogin(
  data: Redacted<Mapping>,
  namespace: string,
  context: PlanContext,
): LoginReading {
  const own = valuesOf(data)
  const username: DataChanges = { username: new Redacted(namespace) }
  // Of a hash no pull Secret can be made.
  const password: DataChanges = { password: context.newPassword(), passwordHash: null }
  const needed: DataChanges = {
    ...(own.username === undefined && username),
    ...(own.password === undefined && password),
  }
  let problem = ''
  for (const more of [{}, username, password, { ...username, ...password }]) {
    for (const repair of [
      { ...needed, ...more },
      { ...needed, ...more, ...NO_PREVIOUS },
    ]) {
      const changed = changedData(data, repair)
      const flaw = flawOf(changed, namespace, context)
      if (flaw === undefined) {
        return { ok: true, login: loginOf(changed), repair: real(repair, data) }
      }
      problem = flaw
    }
  }
  return { ok: false, problem }
}

/** Without those that take away what is not there. */
function real(changes: DataChanges, data: Redacted<Mapping>): DataChanges {
  const there = data.reveal()
  return Object.fromEntries(
    Object.entries(changes).filter(([key, value]) => value !== null || Object.hasOwn(there, key)),
  )
}

/** What rauth itself has against the Secret, if it had these data. */
function flawOf(
  data: Redacted<Mapping>,
  namespace: string,
  { settings: { secretName }, reading }: PlanContext,
): string | undefined {
  const metadata = { name: secretName, namespace }
  const read = readSecret(
    { apiVersion: 'v1', kind: 'Secret', metadata, data: data.reveal() },
    { ...reading, secretName },
  )
  if (read.kind === 'credentials') return undefined
  return read.kind === 'problem' ? read.problem : 'it is no credential Secret'
}

/** Each that can be read, whatever the others are. */
function valuesOf(data: Redacted<Mapping>): EntryValues {
  return Object.fromEntries(
    ENTRY_KEYS.flatMap((key) => {
      const text = textIn(data, key)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

function loginOf(data: Redacted<Mapping>): Login {
  const own = valuesOf(data)
  const { username = '', password = '', previousPassword, previousPasswordNotAfter: end } = own
  const hasPrevious = previousPassword !== undefined || own.previousPasswordHash !== undefined
  return {
    ...{ username, password: new Redacted(password) },
    previous: previousPassword === undefined ? undefined : new Redacted(previousPassword),
    previousUntil: hasPrevious ? (parseInstant((end ?? '').trim()) ?? -Infinity) : undefined,
  }
}
