/**
 * The credential that proved a subject, at the version that proved it. Travels in the token, so
 * that the gateway can ask whether it is still live. Both parts are opaque and hold no secret.
 */
export interface CredentialReference {
  /** Stable name of the credential, such as `team-a/registry-credentials`. */
  readonly id: string
  /** Changes whenever the user name or the password behind the id changes. */
  readonly generation: string
}

/** Who was authenticated: the one type that policy, credentials and token share. */
export interface Subject {
  /** The user name as authenticated; `sub` of the token. */
  readonly account: string
  /** Kubernetes namespaces whose credential matched, sorted; usually one. */
  readonly namespaces: readonly string[]
  readonly credentials: readonly CredentialReference[]
}

/** Nobody: the subject of a request without credentials. */
export const ANONYMOUS: Subject = { account: '', namespaces: [], credentials: [] }
