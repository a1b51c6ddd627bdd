import type { LoginTrouble } from '../login-cause.ts'
import type { Redacted } from '../redacted.ts'
import type { CredentialReference, HeldCredential } from '../subject.ts'

/** What there is of a password, to compare a presented one with. */
export type PasswordSecret =
  /** Keyed hash of the password (password.ts). */
  | { readonly kind: 'keyed'; readonly hash: Buffer }
  /** The hash that the Secret holds in place of the password (bcrypt-hash.ts). */
  | { readonly kind: 'bcrypt'; readonly hash: Redacted<string>; readonly cost: number }

/**
 * One user name and password. That of a Secret is of the namespace that the Secret lives in, never of
 * what is written in it; a static user has the namespace that the administrator gives it, or none.
 */
export interface Credential extends HeldCredential {
  readonly username: string
  /** Given by the administrator, and so by nobody else: see users.ts. */
  readonly administered?: true
  readonly secret: PasswordSecret
  /** From when on it works, seconds since the epoch; without: always did. */
  readonly notBefore?: number
  /** From when on it works no more, seconds since the epoch; without: as long as the Secret has it. */
  readonly notAfter?: number
}

/**
 * Every known credential, in memory: lookups are synchronous and no request waits for a file or the
 * API server. Also those whose time has not come or is over: see live.ts.
 */
export interface CredentialStore extends CredentialLookup {
  /** The bcrypt cost that most Secrets with hashes have; `undefined` while there are none. */
  bcryptCost(): number | undefined
}

/** The same of one store or of several together. */
export interface CredentialLookup {
  /** False until the first complete load; then true, unless it is too long since anything was heard. */
  ready(): boolean
  byUsername(username: string): readonly Credential[]
  find(reference: CredentialReference): Credential | undefined
  /**
   * Which Secret of a namespace it is that can't be used, and why; undefined: there is none. For the record alone:
   * to a client such a namespace is as one that is not there, at the same cost.
   */
  unusable?(namespace: string): string | undefined
}

/** Several stores, as if they were one. References are unique over all. */
export function joinLookups(stores: readonly CredentialLookup[]): CredentialLookup {
  return {
    ready: () => stores.every((store) => store.ready()),
    byUsername: (username) => stores.flatMap((store) => store.byUsername(username)),
    find(reference) {
      for (const store of stores) {
        const found = store.find(reference)
        if (found !== undefined) return found
      }
      return undefined
    },
    unusable(namespace) {
      for (const store of stores) {
        const found = store.unusable?.(namespace)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** The Secret of a namespace, where {@link CredentialLookup.unusable} says that it is why nobody logs in by it. */
export function unusableIn(
  store: Pick<CredentialLookup, 'unusable'>,
  namespace: string,
): LoginTrouble | undefined {
  const words = store.unusable?.(namespace)
  return words === undefined ? undefined : { cause: 'secret_unusable', words }
}

/** What {@link CredentialLookup.unusable} says of one. */
export function unusableSecret(id: string, problem: string): string {
  return `the Secret ${id} cannot be used: ${problem}`
}
