import type { Algorithm } from './algorithms.ts'
import { createKeySet, newestFirst, signingKeys, signsFrom, type SigningKey } from './key-set.ts'

/** What decides what becomes of a key; times in seconds. */
export interface KeyTimes {
  /** How long a key is published before it signs. */
  readonly publishAhead: number
  /** Lifetime of a token. */
  readonly expiry: number
  /** How far clocks may differ. */
  readonly leeway: number
  /** The algorithm to sign with as long as there is a key for it. */
  readonly algorithm?: Algorithm | undefined
}

/**
 * `waits`: published, signs later. `signs`. `verifies`: a younger one signs, tokens of this one may
 * still live. `over`: none can. `expired`: its certificate has ended.
 */
export type KeyState = 'waits' | 'signs' | 'verifies' | 'over' | 'expired'

/** What a key is at a moment and when that changes; moments in seconds since the epoch. */
export interface KeyTimeline {
  readonly key: SigningKey
  readonly state: KeyState
  /** Whether it is the one that signs, be it expired. */
  readonly signs: boolean
  readonly signsFrom: number
  /** When the last token of it has expired; absent while no younger key takes over from it. */
  readonly neededUntil?: number
}

/** What each key is at a moment, the newest first. */
export function keyTimelines(
  keys: readonly SigningKey[],
  at: number,
  { publishAhead, expiry, leeway, algorithm }: KeyTimes,
): readonly KeyTimeline[] {
  if (keys.length === 0) return []
  const active = createKeySet(keys, { publishAhead, algorithm }).active(at)
  const sorted = newestFirst(keys)
  const signing = signingKeys(sorted, algorithm)
  return sorted.map((key) => {
    const begin = signsFrom(key, publishAhead)
    // One that is over, or that never signs, took nothing over.
    const successors = signing
      .slice(0, Math.max(signing.indexOf(key), 0))
      .filter((younger) => at < younger.notAfter)
      .map((younger) => signsFrom(younger, publishAhead))
    // A replica whose clock is behind signs a little longer, and one whose clock is behind accepts a
    // token a little longer.
    const neededUntil = Math.min(...successors) + expiry + 2 * leeway
    const signs = key === active
    const state = stateOf({ at, begin, neededUntil, notAfter: key.notAfter, signs })
    return { key, state, signs, signsFrom: begin, ...(successors.length > 0 && { neededUntil }) }
  })
}

function stateOf(key: {
  readonly at: number
  readonly begin: number
  readonly neededUntil: number
  readonly notAfter: number
  readonly signs: boolean
}): KeyState {
  if (key.at >= key.notAfter) return 'expired'
  if (key.signs) return 'signs'
  if (key.at < key.begin) return 'waits'
  return key.at < key.neededUntil ? 'verifies' : 'over'
}
