import { LRUCache } from 'lru-cache'
import type { ClaimSet } from './claims.ts'
import type { Issuer, SignedToken } from './issuer.ts'
import type { SigningKeySet } from './key-set.ts'

export interface ReuseOptions {
  /** The keys that the issuer signs with. */
  readonly keys: SigningKeySet
  /** How old a token may be that is given out again, seconds. */
  readonly age: number
  /** How many are remembered, and fewer of long ones: see {@link USUAL}. */
  readonly size: number
  /** Told of each token whether it needs no signature. */
  readonly onLookup?: (known: boolean) => void
}

/** What of the lifetime must be left of a token that is given out again. */
const FRESH = 0.9

/** What at most may be over of the window of its fast lane. */
const OVER = 0.25

/** Characters of what a usual token says. Whoever asks for all that fits has less remembered. */
const USUAL = 1024

/** Seconds that must be left: clients take anything less for this much. */
const LEAST = 60

interface Remembered {
  /** Moments of the token that was begun, which may be signed by now or not. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly laneUntil: number
  readonly keyId: string
  readonly signed: Promise<SignedToken>
}

/**
 * An issuer that gives the same token again for the same claims, as long as it is nearly new: a storm
 * of nodes that all pull one image costs one signature. What it is asked for was authenticated and
 * granted just before, and a token says nothing else, so none lives longer or allows more than a new
 * one would. It is the one of the key that signs now.
 */
export function reusing(issuer: Issuer, { keys, age, size, onLookup }: ReuseOptions): Issuer {
  const remembered = new LRUCache<string, Remembered>({
    max: size,
    maxSize: size * USUAL,
    sizeCalculation: (_, name) => name.length,
  })

  function isNew({ issuedAt, expiresAt, laneUntil, keyId }: Remembered, now: number): boolean {
    const left = expiresAt - now
    return (
      now >= issuedAt &&
      now - issuedAt <= age &&
      now - issuedAt <= OVER * (laneUntil - issuedAt) &&
      left >= Math.max(LEAST, FRESH * (expiresAt - issuedAt)) &&
      keys.active(now).kid === keyId
    )
  }

  return {
    sign(claims) {
      const name = nameOf(claims)
      const known = remembered.get(name)
      const isKnown = known !== undefined && isNew(known, claims.issuedAt)
      onLookup?.(isKnown)
      if (isKnown) return known.signed
      const { issuedAt, expiresAt, fastLane: { until: laneUntil } = { until: Infinity } } = claims
      const signed = issuer.sign(claims)
      const keyId = keys.active(issuedAt).kid
      remembered.set(name, { issuedAt, expiresAt, laneUntil, keyId, signed })
      signed.catch(() => {
        if (remembered.get(name)?.signed === signed) remembered.delete(name)
      })
      return signed
    },
  }
}

/** All that a token says but when it was made and what it is called. */
function nameOf(claims: ClaimSet): string {
  const { issuer, subject, audience, access, decided = [], namespaces, credentials } = claims
  const { fastLane } = claims
  const lifetime = claims.expiresAt - claims.issuedAt
  return JSON.stringify([
    ...[issuer, subject, audience, lifetime, access, decided],
    ...[namespaces, credentials, fastLane?.paths],
  ])
}
