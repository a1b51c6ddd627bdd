import type { CredentialReference } from '../subject.ts'
import type { Credential, CredentialStore } from './credential.ts'

/** Those of the credentials that are still what they were when the references were made. */
export function liveCredentials(
  store: Pick<CredentialStore, 'byId'>,
  references: readonly CredentialReference[],
): readonly Credential[] {
  return references.flatMap(({ id, generation }) => {
    const credential = store.byId(id)
    return credential?.generation === generation ? [credential] : []
  })
}
