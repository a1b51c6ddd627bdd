/**
 * The credential that proved a subject, at the version that proved it. Travels in the token, so
 * that the gateway can ask whether it is still live. Both parts are opaque and hold no secret.
 */
export interface CredentialReference {
  /** Stable name of the credential, such as `team-a/registry-credentials`. */
  readonly id: string
  /**
   * Tells apart the user names and passwords behind one id, of which there may be several at a time,
   * and changes whenever one of them does.
   */
  readonly generation: string
}

/** What an identity source says of who it let in: names with the values that each has. */
export type Labels = Readonly<Record<string, readonly string[]>>

/** What one credential is good for: all that the policy asks of it. */
export interface Holder {
  readonly namespace: string
  readonly labels?: Labels
  /** The most that it may do, whatever the policy says; without: everything. */
  readonly actions?: readonly string[]
}

export interface HeldCredential extends CredentialReference, Holder {}

/** Who was authenticated: the one type that policy, credentials and token share. */
export interface Subject {
  /** The user name as authenticated; `sub` of the token. */
  readonly account: string
  /** Kubernetes namespaces whose credential matched, sorted; usually one. */
  readonly namespaces: readonly string[]
  readonly credentials: readonly HeldCredential[]
}

/** Nobody: the subject of a request without credentials. */
export const ANONYMOUS: Subject = { account: '', namespaces: [], credentials: [] }
