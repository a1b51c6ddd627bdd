import type { KeyState } from './key-timeline.ts'
import { signsFrom, type KeySet, type SigningKeySet, type VerificationKey } from './key-set.ts'

/** A key or a CA, as whoever runs rauth is told of it; moments in seconds since the epoch. */
export interface ListedKey {
  /** `kid` of a key, SHA-256 fingerprint of a CA. */
  readonly id: string
  /** `trusted`: a CA. */
  readonly state: KeyState | 'trusted'
  readonly algorithm?: VerificationKey['algorithm']
  /** When it begins to sign, where others do until then. */
  readonly signsFrom?: number
  readonly notAfter: number
}

export interface ListedKeysOptions {
  readonly keys: KeySet
  /** The same where they can sign. */
  readonly signingKeys: SigningKeySet | undefined
  /** When certificates end, by `kid` and by fingerprint. */
  readonly ends: {
    readonly keys: ReadonlyMap<string, number>
    readonly authorities: ReadonlyMap<string, number>
  }
  readonly publishAhead: number
  /** Seconds since the epoch. */
  readonly now: number
}

/** What each key does now, then the CAs. */
export function listedKeys(options: ListedKeysOptions): readonly ListedKey[] {
  const { keys, signingKeys, ends, publishAhead, now } = options
  const active = signingKeys?.active(now).kid
  const listed = [...ends.keys.keys()].flatMap((kid): ListedKey[] => {
    const key = keys.find(kid)
    if (key === undefined) return []
    const { algorithm, notAfter } = key
    const begin = signsFrom(key, publishAhead)
    const waits = signingKeys !== undefined && kid !== active && now < begin
    const state =
      now >= notAfter ? 'expired' : kid === active ? 'signs' : waits ? 'waits' : 'verifies'
    return [{ id: kid, algorithm, state, notAfter, ...(waits && { signsFrom: begin }) }]
  })
  const authorities = [...ends.authorities].map(([id, notAfter]): ListedKey => {
    return { id, state: now >= notAfter ? 'expired' : 'trusted', notAfter }
  })
  return [...listed, ...authorities]
}
