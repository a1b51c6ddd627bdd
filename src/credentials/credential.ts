import type { Redacted } from '../redacted.ts'
import type { CredentialReference, HeldCredential } from '../subject.ts'

/** What there is of a password, to compare a presented one with. */
export type PasswordSecret =
  /** Keyed hash of the password (password.ts). */
  | { readonly kind: 'keyed'; readonly hash: Buffer }
  /** The hash that the Secret holds in place of the password (bcrypt-hash.ts). */
  | { readonly kind: 'bcrypt'; readonly hash: Redacted<string>; readonly cost: number }

/**
 * One user name and password of one namespace. The namespace is where the Secret lives; never what
 * is written in it.
 */
export interface Credential extends HeldCredential {
  readonly username: string
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
export interface CredentialStore {
  /** False until the first complete load; then true for good. */
  ready(): boolean
  byUsername(username: string): readonly Credential[]
  find(reference: CredentialReference): Credential | undefined
  /** The bcrypt cost that most Secrets with hashes have; `undefined` while there are none. */
  bcryptCost(): number | undefined
}
