import type { Credential } from '../../credentials/credential.ts'
import type { ListedNamespace } from '../../credentials/listed-namespace.ts'
import type { CredentialChanges, SentCredential } from './messages.ts'

/** All credentials that are in force. An object that is still the same stands for the same credential. */
export interface AllCredentials {
  ready(): boolean
  all(): Iterable<Credential>
  /** Each namespace that has a Secret, and what is recorded of one that can't be used. */
  listed(): Iterable<Pick<ListedNamespace, 'namespace'>>
  unusable?(namespace: string): string | undefined
  /** Another value whenever `all` or `listed` may have others. */
  revision(): unknown
}

export interface CredentialFeed {
  /** All that was told by now, for somebody who comes in between. */
  whole(): CredentialChanges
  /** What is other than when it was last asked. */
  next(): CredentialChanges
}

/** What becomes of the credentials of a store, found by comparing: no way in which they change is forgotten. */
export function createCredentialFeed(store: AllCredentials): CredentialFeed {
  let told: ReadonlyMap<string, readonly Credential[]> = new Map()
  let unusable: ReadonlyMap<string, string> = new Map()
  let revision: unknown
  let ready = false

  function changesSince(
    before: ReadonlyMap<string, readonly Credential[]>,
  ): CredentialChanges['changed'] {
    if (before === told) return []
    const gone = [...before.keys()].filter((id) => !told.has(id))
    const others = [...told].filter(([id, all]) => !isSameList(all, before.get(id) ?? []))
    return [
      ...gone.map((id) => [id, []] as const),
      ...others.map(([id, all]) => [id, all.map(toSent)] as const),
    ]
  }

  return {
    whole: () => ({ ready, changed: changesSince(new Map()), unusable }),
    next() {
      const before = told
      ready = store.ready()
      const now = store.revision()
      const wasUnusable = unusable
      if (now !== revision) {
        told = byId(store.all())
        unusable = unusableOf(store)
      }
      revision = now
      const changed = changesSince(before)
      return isSameMap(unusable, wasUnusable) ? { ready, changed } : { ready, changed, unusable }
    },
  }
}

function byId(credentials: Iterable<Credential>): ReadonlyMap<string, readonly Credential[]> {
  const found = new Map<string, Credential[]>()
  for (const credential of credentials) {
    const others = found.get(credential.id)
    if (others === undefined) found.set(credential.id, [credential])
    else others.push(credential)
  }
  return found
}

function unusableOf(store: AllCredentials): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { namespace } of store.listed()) {
    const text = store.unusable?.(namespace)
    if (text !== undefined) found.set(namespace, text)
  }
  return found
}

function isSameMap(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, text]) => other.get(key) === text)
}

function isSameList(one: readonly Credential[], other: readonly Credential[]): boolean {
  return (
    one.length === other.length && one.every((credential, index) => credential === other[index])
  )
}

function toSent({ secret, ...rest }: Credential): SentCredential {
  return secret.kind === 'keyed'
    ? { ...rest, secret }
    : { ...rest, secret: { ...secret, hash: secret.hash.reveal() } }
}
