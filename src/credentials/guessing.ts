import { LRUCache } from 'lru-cache'
import type { Redacted } from '../redacted.ts'
import { refused, type Reason, type Result } from '../refusal.ts'
import type { CredentialLookup } from './credential.ts'
import type { PasswordHasher } from './password.ts'

/** Whose failures are counted together. */
export interface FailureSource {
  /** Of the client. */
  readonly network: string
  /** The name that it tries there; `undefined`: a signed token, which names nobody before it is verified. */
  readonly name: string | undefined
}

/**
 * Counts failures, by network and name and, with a higher bound, by network alone; those of tokens apart, so that
 * neither keeps the other out. Never rejects and never waits long: counting must not stand in the way of an answer.
 */
export interface FailureCounter {
  /**
   * Counts a failure ahead of the check, so that no number of guesses at once is more than one after
   * the other. 0: counted. Else nothing was, and these are the seconds until more are let in.
   */
  take(source: FailureSource): Promise<number>
  /** What was taken turned out to be no failure. */
  giveBack(source: FailureSource): Promise<void>
}

/** A secret that a client presents to be let in. */
export interface Attempt {
  /** Of the client; `undefined` if it has left meanwhile. */
  readonly address: string | undefined
  /** The user name; `undefined` where there is none, as beside a refresh token. */
  readonly username: string | undefined
  readonly secret: Redacted<string>
}

/** Runs the check of what a client presents, unless too many have failed there. */
export type GuessGuard = <T>(
  attempt: Attempt,
  check: () => Promise<Result<T>>,
) => Promise<Result<T>>

/** The guard of whoever wants none. */
export const UNGUARDED: GuessGuard = (_attempt, check) => check()

export interface GuessGuardDependencies {
  readonly failures: FailureCounter
  readonly store: Pick<CredentialLookup, 'byUsername'>
  /** The network that an address belongs to. */
  readonly networkOf: (address: string) => string
  readonly hasher: PasswordHasher
  /**
   * Whether a secret says by itself whose it is, as an identity token does: the user name beside it, which
   * many share, counts for nothing. Without: none does.
   */
  readonly standsAlone?: (secret: Redacted<string>) => boolean
}

/** What a wrong guess ends with. */
const FAILURES: ReadonlySet<Reason> = new Set(['credentials_invalid', 'refresh_token_invalid'])

/** What succeeded lately is remembered of this many passwords and refresh tokens, each from one network. */
const REMEMBERED = 10_000

/**
 * Guessing ends when too many have failed: from then on nothing of that source is checked until its
 * window is over. Others never notice: no namespace is ever locked.
 *
 * What succeeded from a network before passes ahead of all counts there, so that nodes that share an
 * address with somebody who guesses go on. It is bound to the network: else whoever guesses from
 * elsewhere would learn from the one secret that still passes that it is the right one. It is checked
 * all the same, so a changed Secret ends it. No success takes failures away: a guesser may have a
 * login of its own.
 */
export function createGuessGuard(deps: GuessGuardDependencies): GuessGuard {
  const knownPasswords = new LRUCache<string, true>({ max: REMEMBERED })
  // Apart, since one login makes as many as it likes: they must not push out the passwords of others.
  const knownTokens = new LRUCache<string, true>({ max: REMEMBERED })
  /** What is being checked for the first time: whether it succeeded. */
  const underWay = new Map<string, Promise<boolean>>()

  async function count<T>(
    source: FailureSource,
    check: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const retryAfter = await deps.failures.take(source)
    if (retryAfter > 0) return refused('too_many_failures', { retryAfter })
    let failed = false
    try {
      const result = await check()
      failed = isFailure(result) || (!result.ok && result.refusal.guessed === true)
      return result
    } finally {
      // Not waited for: the client need not.
      if (!failed) void deps.failures.giveBack(source)
    }
  }

  /**
   * A user name with the passwords, and their dates, that the administrator or its own namespace gives it: once those change, the failures of
   * before are over, so that what goes on with an old password does not keep the new one out. Other
   * namespaces may have the name too, and could begin anew as often as they like.
   */
  function nameOf(username: string): string {
    const own = deps.store
      .byUsername(username)
      .filter(({ namespace, administered }) => administered === true || namespace === username)
    const versions = own.map((one) => [one.generation, one.notBefore, one.notAfter].join())
    return JSON.stringify([username, ...versions.sort()])
  }

  return async ({ address, username: given, secret }, check) => {
    const username = deps.standsAlone?.(secret) === true ? undefined : given
    const network = address === undefined ? '' : deps.networkOf(address)
    const print = printOf(deps.hasher, [network, username ?? null, secret.reveal()])
    const source = { network, name: username === undefined ? undefined : nameOf(username) }

    const known = username === undefined ? knownTokens : knownPasswords

    // The same secret many times at once, as by the containers of a node that starts, is one guess.
    const first = underWay.get(print)
    if (known.get(print) === true || (first !== undefined && (await first))) {
      const result = await check()
      if (isFailure(result)) {
        known.delete(print)
        await deps.failures.take(source)
      }
      return result
    }
    if (first !== undefined) return count(source, check)
    let tell: (succeeded: boolean) => void = () => undefined
    underWay.set(print, new Promise((resolve) => (tell = resolve)))
    let succeeded = false
    try {
      const result = await count(source, check)
      succeeded = result.ok
      if (succeeded) known.set(print, true)
      return result
    } finally {
      underWay.delete(print)
      tell(succeeded)
    }
  }
}

function isFailure(result: Result<unknown>): boolean {
  return !result.ok && FAILURES.has(result.refusal.reason)
}

/** JSON keeps the parts apart: no two lists have the same text. */
function printOf(hasher: PasswordHasher, parts: readonly (string | null)[]): string {
  return hasher.hash(JSON.stringify(parts)).toString('base64url')
}
