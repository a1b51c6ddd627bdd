import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { Redacted } from '../redacted.ts'
import { MAX_BCRYPT_PASSWORD, standInHash } from './bcrypt-hash.ts'
import type { SlotLimits } from '../slots.ts'
import { createBoundedQueue } from './bounded-queue.ts'
import type { Credential } from './credential.ts'
import { hasControl } from './strict-text.ts'

/** Whether a password has a bcrypt hash; computed elsewhere than in the event loop. */
export type CompareBcrypt = (password: string, hash: string) => Promise<boolean>

export type Verdict = 'match' | 'mismatch' | 'busy'

/** A password that a client presented, and its keyed hash. */
export interface PresentedPassword {
  readonly password: Redacted<string>
  readonly keyed: Buffer
}

export type BcryptCredential = Credential & { readonly secret: { readonly kind: 'bcrypt' } }

export interface BcryptChecks {
  readonly check: (credential: BcryptCredential, presented: PresentedPassword) => Promise<Verdict>
  /** Of a login that succeeded by another credential: this one it does not fit. */
  readonly rememberMismatch: (credential: BcryptCredential, presented: PresentedPassword) => void
  /** Takes as long as a check of a wrong password for a hash of this cost; never a match. */
  readonly standIn: (
    username: string,
    cost: number,
    presented: PresentedPassword,
  ) => Promise<Verdict>
}

export interface BcryptChecksOptions {
  readonly compare: CompareBcrypt
  readonly clock: Clock
  readonly limits?: SlotLimits
  /** Told of each check whether it needs no comparison of its own. */
  readonly onLookup?: (known: boolean) => void
}

/**
 * Half of the threads that files and names are looked up with, too. At the usual cost of 10 the last
 * one waits for two seconds.
 */
const LIMITS: SlotLimits = { atOnce: 2, waiting: 64, perShare: 16 }

/** How long what a successful login found needs no new look, seconds. */
const REMEMBER = 60
const MAX_REMEMBERED = 4096

/** The share of all stand-ins: no credential has this id. */
const STAND_IN = ''

interface Found {
  readonly verdict: Exclude<Verdict, 'busy'>
  readonly at: number
}

/**
 * Checks passwords against bcrypt hashes: few at a time, few waiting, and of one Secret no more than
 * its share. The same check that is already under way is not made twice. A password that was right is
 * right for another minute, and which hashes of others it did not fit is remembered with that: they are
 * work for every login of a user name, and anybody may write them. What is remembered belongs to the
 * generation of the credential, so a changed Secret is a new check. A password that was wrong
 * everywhere is never remembered: it would cost memory to guess.
 */
export function createBcryptChecks({
  compare,
  clock,
  limits = LIMITS,
  onLookup,
}: BcryptChecksOptions): BcryptChecks {
  const queue = createBoundedQueue(limits)
  const underWay = new Map<string, Promise<boolean>>()
  /** By check, what was found and when. */
  const remembered = new LRUCache<string, Found>({ max: MAX_REMEMBERED })

  function recall(key: string): Found['verdict'] | undefined {
    const found = remembered.get(key)
    const age = clock() - (found?.at ?? -Infinity)
    return age >= 0 && age < REMEMBER ? found?.verdict : undefined
  }

  function once(key: string, share: string, password: string, hash: string) {
    const same = underWay.get(key)
    if (same !== undefined) return same
    const started = queue(share, () => compare(password, hash))
    if (started === undefined) return undefined
    const ended = started.finally(() => underWay.delete(key))
    underWay.set(key, ended)
    return ended
  }

  return {
    async check(credential, presented) {
      const key = keyOf(credential, presented)
      const known = recall(key)
      onLookup?.(known !== undefined || underWay.has(key))
      if (known !== undefined) return known
      const text = presented.password.reveal()
      const { id, secret } = credential
      const fits = await once(key, id, text, secret.hash.reveal())
      if (fits === undefined) return 'busy'
      // Compared all the same: that it can't be right must not show in the time.
      if (!fits || !isComparable(text)) return 'mismatch'
      remembered.set(key, { verdict: 'match', at: clock() })
      return 'match'
    },

    rememberMismatch(credential, presented) {
      const key = keyOf(credential, presented)
      if (recall(key) === undefined) remembered.set(key, { verdict: 'mismatch', at: clock() })
    },

    async standIn(username, cost, { password, keyed }) {
      const key = JSON.stringify([STAND_IN, username, keyed.toString('base64')])
      const compared = once(key, STAND_IN, password.reveal(), standInHash(cost))
      if (compared === undefined) return 'busy'
      // It only spends time: that it failed says nothing about this login.
      await compared.catch(() => false)
      return 'mismatch'
    },
  }
}

function keyOf({ id, generation }: Credential, { keyed }: PresentedPassword): string {
  return JSON.stringify([id, generation, keyed.toString('base64')])
}

/**
 * bcrypt repeats a password with a NUL behind it until it has 72 bytes and ignores the rest: `a` and
 * `a\0a` have one hash, and so have all that begin with the same 72 bytes. An empty password is none.
 */
function isComparable(password: string): boolean {
  const bytes = Buffer.byteLength(password, 'utf8')
  return bytes > 0 && bytes <= MAX_BCRYPT_PASSWORD && !hasControl(password)
}
