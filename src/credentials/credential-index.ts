import type { Credential, CredentialStore } from './credential.ts'

export type CredentialIndex = Pick<CredentialStore, 'byUsername' | 'byId'>

/**
 * Credentials by user name and by id, never changed once made: a store that learns of a change makes
 * another and swaps one reference, so no request sees half of it. Ids must be unique.
 */
export function createCredentialIndex(credentials: readonly Credential[]): CredentialIndex {
  const ids = new Map<string, Credential>()
  const usernames = new Map<string, Credential[]>()
  for (const credential of credentials) {
    ids.set(credential.id, credential)
    const sameName = usernames.get(credential.username)
    if (sameName === undefined) usernames.set(credential.username, [credential])
    else sameName.push(credential)
  }
  return {
    byUsername: (username) => usernames.get(username) ?? [],
    byId: (id) => ids.get(id),
  }
}
