import { formatInstant } from '../instant.ts'
import type { Credential } from './credential.ts'
import type { ListedNamespace } from './listed-namespace.ts'

type Term = Pick<Credential, 'notBefore' | 'notAfter'>
type Listed = Pick<ListedNamespace, 'credentials' | 'problem'>

/** How a credential stands: its time is, has not come, or is over. */
export type Standing = 'usable' | 'waits' | 'ended'

/** @param now Seconds since the epoch, as in all of these. */
export function standingOf({ notBefore, notAfter }: Term, now: number): Standing {
  if (notAfter !== undefined && now >= notAfter) return 'ended'
  return notBefore !== undefined && now < notBefore ? 'waits' : 'usable'
}

/**
 * How many namespaces have a Secret, each counted once. `usable`: somebody logs in by it; `waits`: nobody before a
 * time; `ended`: nobody any more, as its time is over; `unusable`: something is wrong with it.
 */
export type SecretCounts = Readonly<Record<Standing | 'unusable', number>>

export function countSecrets(listed: Iterable<Listed>, now: number): SecretCounts {
  const counts = { usable: 0, unusable: 0, ended: 0, waits: 0 }
  for (const { credentials, problem } of listed) {
    if (problem === undefined) counts[bestOf(credentials, now)] += 1
    else counts.unusable += 1
  }
  return counts
}

function bestOf(credentials: readonly Term[], now: number): Standing {
  const all = new Set(credentials.map((one) => standingOf(one, now)))
  return all.has('usable') ? 'usable' : all.has('waits') ? 'waits' : 'ended'
}

/**
 * When the next login of all Secrets ends; undefined: none has an end that is still to come. A login is a user name:
 * the end of its previous password is not its own.
 */
export function nextEnd(listed: Iterable<Listed>, now: number): number | undefined {
  let next = Infinity
  for (const { credentials } of listed) {
    for (const end of endsOf(credentials)) if (now < end && end < next) next = end
  }
  return next === Infinity ? undefined : next
}

const NEXT =
  'if it should go on, set a later notAfter there, or make a new password; else remove it'

/** What whoever runs rauth is told of a Secret whose logins ended, if any did. No value of the Secret is in it. */
export function endedNote(
  credentials: ListedNamespace['credentials'],
  now: number,
): string | undefined {
  const ends = endsOf(credentials)
  const ended = ends.filter((end) => end <= now)
  if (ended.length === 0) return undefined
  const id = credentials[0]?.id ?? ''
  const when = `ended at ${formatInstant(Math.max(...ended))}`
  return ended.length === ends.length
    ? `Secret ${id} ${when}: nobody logs in by it any more; next: ${NEXT}`
    : `Secret ${id}: ${ended.length} of its ${ends.length} user names ${when}; next: ${NEXT}`
}

/** The end of each user name of a Secret, Infinity where it has none. */
function endsOf(credentials: ListedNamespace['credentials']): readonly number[] {
  const ends = new Map<string, number>()
  for (const { username, notAfter = Infinity } of credentials) {
    ends.set(username, Math.max(ends.get(username) ?? -Infinity, notAfter))
  }
  return [...ends.values()]
}
