import type { Credential } from '../../../credentials/credential.ts'
import type { SecretReading } from '../../../credentials/secret/secret-format.ts'

type Reading = Exclude<SecretReading, { kind: 'ignored' }>

/** What limits a user name, and what limits one password of it. */
const OF_NAME = ['actions'] as const
const OF_PASSWORD = ['notBefore', 'notAfter'] as const

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
      'next: write it out (actions: pull,push,delete is everything), or restart rauth'
    return { ...reading, credentials, warnings: [...reading.warnings, warning] }
  })
}

/** What all of before were limited to, and this one is not. */
function limitsOf(before: readonly Credential[], next: Credential): Partial<Credential> {
  const same = before.filter(({ generation }) => generation === next.generation)
  return {
    ...lostOf(OF_NAME, before, next),
    ...lostOf(OF_PASSWORD, same, next),
  }
}

function lostOf(
  keys: readonly (typeof OF_NAME | typeof OF_PASSWORD)[number][],
  [first, ...others]: readonly Credential[],
  next: Credential,
): Partial<Credential> {
  if (first === undefined) return {}
  const lost = keys.filter(
    (key) => next[key] === undefined && [first, ...others].every((one) => one[key] !== undefined),
  )
  return Object.fromEntries(lost.map((key) => [key, first[key]]))
}

function credentialsOf(reading: Reading): readonly Credential[] {
  return reading.kind === 'credentials' ? reading.credentials : []
}

function keyOf({ namespace, username }: Credential): string {
  return JSON.stringify([namespace, username])
}
