import type { CredentialReference } from '../subject.ts'

/** One user name and password of one namespace, the password only as a keyed hash. */
export interface Credential extends CredentialReference {
  /** Where the Secret lives; never what is written in it. */
  readonly namespace: string
  readonly username: string
  /** Keyed hash of the password (password.ts). */
  readonly passwordHash: Buffer
}

/**
 * Every known credential, in memory: lookups are synchronous and no request waits for a file or the
 * API server.
 */
export interface CredentialStore {
  /** False until the first complete load; then true for good. */
  ready(): boolean
  byUsername(username: string): readonly Credential[]
  byId(id: string): Credential | undefined
}
