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
  /** Without: of no namespace, as an account of people or of CI may be. */
  readonly namespace?: string
  /** Name of the Kubernetes ServiceAccount of that namespace that it is; without: none. */
  readonly serviceaccount?: string
  /**
   * Whether it is one of the very cluster that rauth itself asks. Without: of another cluster, whose accounts
   * have names that mean something else in this one.
   */
  readonly ofThisCluster?: true
  readonly labels?: Labels
  /** The most that it may do, whatever the policy says; without: everything. */
  readonly actions?: readonly string[]
}

/** What an identity source can say of who it let in. */
export type Vouched = Omit<Holder, 'actions'>

export interface HeldCredential extends CredentialReference, Holder {
  /**
   * By an identity source that can't be asked again later: the gateway knows no more of the holder than
   * the token tells. The reference is that of the source, as it is configured.
   */
  readonly vouched?: true
}

/** A credential as a token tells of it. */
export interface ToldCredential extends CredentialReference {
  /** Of one that was vouched for; of any other the store is asked. */
  readonly holder?: Vouched
}

/** Who was authenticated: the one type that policy, credentials and token share. */
export interface Subject {
  /** The user name as authenticated; `sub` of the token. */
  readonly account: string
  /** Kubernetes namespaces whose credential matched, sorted; usually one, none for some accounts. */
  readonly namespaces: readonly string[]
  /** None: nobody. */
  readonly credentials: readonly HeldCredential[]
  /** When what it proved itself with ends, seconds since the epoch: no token may outlive that. */
  readonly until?: number
}

/** Nobody: the subject of a request without credentials. */
export const ANONYMOUS: Subject = { account: '', namespaces: [], credentials: [] }

/** Whether a subject is nobody. */
export function isAnonymous({ credentials }: Pick<Subject, 'credentials'>): boolean {
  return credentials.length === 0
}
