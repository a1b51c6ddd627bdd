import type { Credential } from '../../credentials/credential.ts'
import type { CredentialChanges, SentCredential } from './messages.ts'

/** All credentials that are in force. An object that is still the same stands for the same credential. */
export interface AllCredentials {
  ready(): boolean
  all(): Iterable<Credential>
  /** Another value whenever `all` may have others. */
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
    whole: () => ({ ready, changed: changesSince(new Map()) }),
    next() {
      const before = told
      ready = store.ready()
      const now = store.revision()
      if (now !== revision) told = byId(store.all())
      revision = now
      return { ready, changed: changesSince(before) }
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
