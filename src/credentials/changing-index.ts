import type { Credential } from './credential.ts'
import { mostCommonCost, type CredentialIndex } from './credential-index.ts'

/** Credentials by user name and by reference, where a change costs as much as what it changes. */
export interface ChangingIndex extends CredentialIndex {
  /** How often something was put. */
  revision(): number
  /** These and no others are the credentials of this id from now on. None revokes it. */
  put(id: string, credentials: readonly Credential[]): void
}

/**
 * The same to whoever looks as {@link createCredentialIndex} of all that was put last. What was given out
 * before a change stays as it was.
 */
export function createChangingIndex(): ChangingIndex {
  const ids = new Map<string, readonly Credential[]>()
  const usernames = new Map<string, readonly Credential[]>()
  const costs = new Map<number, Set<string>>()
  let bcryptCost: number | undefined
  let revision = 0

  function countCosts(id: string, credentials: readonly Credential[]): void {
    let changed = false
    for (const holders of costs.values()) changed = holders.delete(id) || changed
    for (const { secret } of credentials) {
      if (secret.kind !== 'bcrypt') continue
      costs.set(secret.cost, (costs.get(secret.cost) ?? new Set()).add(id))
      changed = true
    }
    if (changed) bcryptCost = mostCommonCost(costs)
  }

  return {
    put(id, credentials) {
      revision += 1
      const before = ids.get(id) ?? []
      for (const username of new Set([...before, ...credentials].map((one) => one.username))) {
        const others = (usernames.get(username) ?? []).filter((one) => one.id !== id)
        const all = [...others, ...credentials.filter((one) => one.username === username)]
        if (all.length > 0) usernames.set(username, all)
        else usernames.delete(username)
      }
      if (credentials.length > 0) ids.set(id, credentials)
      else ids.delete(id)
      countCosts(id, credentials)
    },
    revision: () => revision,
    all: () => [...ids.values()].flat(),
    byUsername: (username) => usernames.get(username) ?? [],
    find: ({ id, generation }) => ids.get(id)?.find((one) => one.generation === generation),
    bcryptCost: () => bcryptCost,
  }
}
