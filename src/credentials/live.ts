import type { CredentialReference } from '../subject.ts'
import type { Credential, CredentialStore } from './credential.ts'

/** Whether it is the time of a credential; `now` in seconds since the epoch. */
export function isLive({ notBefore, notAfter }: Credential, now: number): boolean {
  return (notBefore === undefined || notBefore <= now) && (notAfter === undefined || now < notAfter)
}

/**
 * Those of the credentials that are still what they were when the references were made, and whose
 * time it is, as the store has them by now.
 */
export function liveCredentials(
  store: Pick<CredentialStore, 'find'>,
  references: readonly CredentialReference[],
  now: number,
): readonly Credential[] {
  return references.flatMap((reference) => {
    const credential = store.find(reference)
    return credential !== undefined && isLive(credential, now) ? [credential] : []
  })
}
