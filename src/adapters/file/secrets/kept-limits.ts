import type { Credential } from '../../../credentials/credential.ts'
import type { SecretReading } from '../../../credentials/secret/secret-format.ts'

type Reading = Exclude<SecretReading, { kind: 'ignored' }>

/** What limits one password of a user name in time. */
const DATES = ['notBefore', 'notAfter'] as const

/**
 * The readings of a file beside those of before, where it may be half of what it should be. An entry that
 * says nothing any more of what its user name was limited to keeps that, until it says another one or is
 * read without a before.
 */
export function withKeptLimits(
  readings: readonly Reading[],
  before: readonly Reading[],
): readonly Reading[] {
  const known = new Map<string, Credential[]>()
  for (const credential of before.flatMap(credentialsOf)) {
    const key = keyOf(credential)
    known.set(key, [...(known.get(key) ?? []), credential])
  }
  return readings.map((reading) => {
    if (reading.kind === 'problem') return reading
    const lost = new Set<string>()
    const credentials = reading.credentials.map((credential) => {
      const kept = limitsOf(known.get(keyOf(credential)) ?? [], credential)
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

function credentialsOf(reading: Reading): readonly Credential[] {
  return reading.kind === 'credentials' ? reading.credentials : []
}

function keyOf({ namespace, username }: Credential): string {
  return JSON.stringify([namespace, username])
}
