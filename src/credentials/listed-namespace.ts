import type { Credential } from './credential.ts'

/** What there is to be told of the credential Secret of a namespace. */
export interface ListedNamespace {
  readonly namespace: string
  /** None where the Secret can't be used. */
  readonly credentials: readonly Pick<Credential, 'id' | 'username' | 'notBefore' | 'notAfter'>[]
  /** Since when the password is what it is, as far as the object tells; seconds since the epoch. */
  readonly since?: number
  /** Why it can't be used, and what to do about it. */
  readonly problem?: string
}
