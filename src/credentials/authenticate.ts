import { accepted, refused, type Result } from '../refusal.ts'
import type { Subject } from '../subject.ts'
import type { BasicCredentials } from './basic-auth.ts'
import type { CredentialStore } from './credential.ts'
import { subjectOf } from './holder.ts'
import { samePassword, type PasswordHasher } from './password.ts'

export interface AuthenticatorDependencies {
  readonly store: Pick<CredentialStore, 'byUsername'>
  /** The one that hashed the passwords of the store. */
  readonly hasher: PasswordHasher
}

export type Authenticate = (basic: BasicCredentials) => Result<Subject>

/**
 * Who presents these credentials. One user name may live in several namespaces: the password
 * decides, and a subject holds every namespace that it fits.
 *
 * An unknown user name and a wrong password get the same refusal at the same cost: one hash and at
 * least one comparison, with a stand-in where there is nothing to compare with.
 */
export function createAuthenticator({ store, hasher }: AuthenticatorDependencies): Authenticate {
  const standIn = hasher.hash('')

  return ({ username, password }) => {
    const presented = hasher.hash(password.reveal())
    const candidates = store.byUsername(username)
    if (candidates.length === 0) samePassword(standIn, presented)
    const matched = candidates.filter(({ passwordHash }) => samePassword(passwordHash, presented))
    if (matched.length === 0) {
      // For the log: which of the two it was, and never the name, which may be a mistyped password.
      const whose = candidates.map(({ namespace }) => namespace).join(', ')
      const detail = whose === '' ? 'unknown user name' : `wrong password for ${whose}`
      return refused('credentials_invalid', { detail })
    }
    return accepted(subjectOf(username, matched))
  }
}
