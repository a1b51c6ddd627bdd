import type { Credential } from '../../../credentials/credential.ts'
import type { SecretReading } from '../../../credentials/secret/secret-format.ts'

type Reading = Exclude<SecretReading, { kind: 'ignored' }>

/** A file that is changed in place for years must not fill the memory. */
const MAX_DROPPED = 1_000

/** What limits one password of a user name in time. */
const DATES = ['notBefore', 'notAfter'] as const

/**
 * The readings of a file beside those of before, where it may be half of what it should be. An entry that
 * says nothing any more of what its user name was limited to keeps that, until it says another one or is
 * read without a before. So does one that comes back after the file was without it: `dropped`.
 */
export function withKeptLimits(
  readings: readonly Reading[],
  before: readonly Reading[],
  dropped: readonly Credential[] = [],
): readonly Reading[] {
  const known = byKey(before.flatMap(credentialsOf))
  const earlier = byKey(dropped)
  const beforeOf = (credential: Credential) => {
    const key = keyOf(credential)
    const [last, gone] = [known.get(key) ?? [], earlier.get(key) ?? []]
    // Of a user name that is there its other passwords of earlier say nothing.
    const same = gone.filter(({ generation }) => generation === credential.generation)
    return last.length === 0 ? gone : [...last, ...same]
  }
  return readings.map((reading) => {
    if (reading.kind === 'problem') return reading
    const lost = new Set<string>()
    const credentials = reading.credentials.map((credential) => {
      const kept = limitsOf(beforeOf(credential), credential)
      for (const key of Object.keys(kept)) lost.add(`${key} of ${credential.username}`)
      return { ...credential, ...kept }
    })
    if (lost.size === 0) return reading
    const warning =
      `says nothing of ${[...lost].join(', ')} any more: that of before stays; is this the whole of it? ` +
      'next: write it out (actions: pull,push,delete is everything), put a new file in its place with mv, or restart rauth'
    return { ...reading, credentials, warnings: [...reading.warnings, warning] }
  })
}

/** What of before is not there now: each password once, as it was said last. */
export function droppedOf(
  readings: readonly Reading[],
  before: readonly Reading[],
  dropped: readonly Credential[],
): readonly Credential[] {
  const seen = new Set(readings.flatMap(credentialsOf).map(passwordOf))
  const all = [...before.flatMap(credentialsOf), ...dropped].filter((one) => {
    const password = passwordOf(one)
    return !seen.has(password) && seen.add(password)
  })
  return all.slice(0, MAX_DROPPED)
}

/**
 * What this one is not limited to any more. Its dates are those of the same password; its actions, too, or
 * for a password that was not there before those that every other one of the user name may.
 */
function limitsOf(before: readonly Credential[], next: Credential): Partial<Credential> {
  const same = before.filter(({ generation }) => generation === next.generation)
  const [first] = same
  const dates = DATES.filter((key) => next[key] === undefined && first?.[key] !== undefined)
  const actions = next.actions ?? actionsOf(same.length === 0 ? before : same)
  return {
    ...Object.fromEntries(dates.map((key) => [key, first?.[key]])),
    ...(next.actions === undefined && actions !== undefined && { actions }),
  }
}

/** What all of them may; `undefined`: one of them is not limited, or there are none. */
function actionsOf(all: readonly Credential[]): Credential['actions'] {
  const limits = all.flatMap(({ actions }) => (actions === undefined ? [] : [actions]))
  if (limits.length < all.length) return undefined
  return limits.reduce<Credential['actions']>(
    (common, actions) => common?.filter((one) => actions.includes(one)) ?? actions,
    undefined,
  )
}

function byKey(credentials: readonly Credential[]): ReadonlyMap<string, Credential[]> {
  const found = new Map<string, Credential[]>()
  for (const credential of credentials) {
    const key = keyOf(credential)
    found.set(key, [...(found.get(key) ?? []), credential])
  }
  return found
}

function passwordOf(credential: Credential): string {
  return JSON.stringify([keyOf(credential), credential.generation])
}

function credentialsOf(reading: Reading): readonly Credential[] {
  return reading.kind === 'credentials' ? reading.credentials : []
}

function keyOf({ namespace, username }: Credential): string {
  return JSON.stringify([namespace, username])
}
