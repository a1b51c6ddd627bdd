import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'

/** The keys of an issuer, and when it was asked for them: seconds of the clock. */
export interface LoadedKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>
  readonly askedAt: number
}

/** Where the keys of an issuer come from. `undefined`: that can't be told now. */
export interface IssuerKeys {
  /** Those that are known. */
  get(): Promise<LoadedKeys | undefined>
  /** Others than these, in which a key was not. */
  newerThan(seen: LoadedKeys): Promise<LoadedKeys | undefined>
}

export interface FetchedKeysOptions {
  readonly fetchKeys: () => Promise<JSONWebKeySet>
  readonly issuer: string
  readonly clock: Clock
  readonly log: Log
  /** Called each time that it was asked and gave none that can be used. */
  readonly onFailure: () => void
}

export interface FetchedKeys extends IssuerKeys {
  /** Why the keys could not be had when it was last asked. */
  problem(): string | undefined
}

/** After this it is asked again, beside the logins, seconds. */
const FRESH = 600

/** How soon it is asked again at the earliest, seconds: junk must not make rauth ask all the time. */
const COOLDOWN = 30

/** The same where it gave nothing. */
const RETRY = 5

/** How long known keys go on while it gives no others, seconds: a key that it withdrew must end, too. */
const LASTING = 86_400

/**
 * Keys that are fetched when they are first needed, again when they are old, and when a token names one
 * that is not among them. An issuer that does not answer ends nothing that is known for a day.
 */
export function createFetchedKeys(options: FetchedKeysOptions): FetchedKeys {
  const { fetchKeys, issuer, clock, log, onFailure } = options
  let loaded: LoadedKeys | undefined
  let underWay: Promise<void> | undefined
  let failed: { readonly at: number; readonly error: string } | undefined

  async function load(): Promise<void> {
    const askedAt = clock()
    try {
      loaded = { find: createLocalJWKSet(await fetchKeys()), askedAt }
      if (failed !== undefined) log.info({ issuer }, 'the keys of an issuer can be had again')
      failed = undefined
    } catch (thrown) {
      const error = messageOf(thrown)
      if (failed === undefined) log.warn({ issuer, error }, 'the keys of an issuer cannot be had')
      failed = { at: clock(), error }
      onFailure()
    }
  }

  /** One at a time, and not at once after a failure. */
  function ask(): Promise<void> {
    const since = clock() - (failed?.at ?? -Infinity)
    // A clock that was put back must not keep it from asking.
    if (underWay === undefined && since >= 0 && since < RETRY) return Promise.resolve()
    underWay ??= load().finally(() => (underWay = undefined))
    return underWay
  }

  return {
    async get() {
      const age = clock() - (loaded?.askedAt ?? -Infinity)
      if (age >= LASTING) await ask()
      else if (age >= FRESH) void ask()
      return clock() - (loaded?.askedAt ?? -Infinity) < LASTING ? loaded : undefined
    },
    async newerThan(seen) {
      if (loaded === seen && clock() - seen.askedAt >= COOLDOWN) await ask()
      return loaded === seen ? undefined : loaded
    },
    problem: () => failed && `its keys cannot be had: ${failed.error}`,
  }
}

/** Keys that are given: of a file, say. None is ever newer than those of now. */
export function givenKeys(find: () => LoadedKeys['find']): IssuerKeys {
  return {
    get: () => Promise.resolve({ find: find(), askedAt: Infinity }),
    newerThan: () => Promise.resolve(undefined),
  }
}
