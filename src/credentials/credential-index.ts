import type { Credential, CredentialStore } from './credential.ts'

export interface CredentialIndex extends Omit<CredentialStore, 'ready'> {
  /** Each of them, once. */
  all(): Iterable<Credential>
}

/**
 * Credentials by user name and by reference, never changed once made: a store that learns of a change
 * makes another and swaps one reference, so no request sees half of it. References must be unique.
 */
export function createCredentialIndex(credentials: readonly Credential[]): CredentialIndex {
  const ids = new Map<string, Map<string, Credential>>()
  const usernames = new Map<string, Credential[]>()
  const costs = new Map<number, Set<string>>()
  for (const credential of credentials) {
    const { id, generation, username, secret } = credential
    const generations = ids.get(id)
    if (generations === undefined) ids.set(id, new Map([[generation, credential]]))
    else generations.set(generation, credential)
    const sameName = usernames.get(username)
    if (sameName === undefined) usernames.set(username, [credential])
    else sameName.push(credential)
    if (secret.kind === 'bcrypt') {
      costs.set(secret.cost, (costs.get(secret.cost) ?? new Set()).add(id))
    }
  }
  const bcryptCost = mostCommonCost(costs)
  return {
    all: () => [...usernames.values()].flat(),
    byUsername: (username) => usernames.get(username) ?? [],
    find: ({ id, generation }) => ids.get(id)?.get(generation),
    bcryptCost: () => bcryptCost,
  }
}

/**
 * Which bcrypt cost most have, of the ids that have each. By the Secrets that have it, not by hashes: one
 * Secret of many must not decide for all.
 */
export function mostCommonCost(
  costs: ReadonlyMap<number, ReadonlySet<string>>,
): number | undefined {
  const [first] = [...costs]
    .filter(([, ids]) => ids.size > 0)
    .sort(([a, m], [b, n]) => n.size - m.size || b - a)
  return first?.[0]
}
