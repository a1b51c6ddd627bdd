import { createChangingIndex } from '../../credentials/changing-index.ts'
import type { Credential, CredentialStore } from '../../credentials/credential.ts'
import { Redacted } from '../../redacted.ts'
import type { CredentialChanges, SentCredential } from './messages.ts'

export interface FedCredentials extends CredentialStore {
  readonly take: (changes: CredentialChanges) => void
}

/** How long nothing may be heard before nobody is let in, milliseconds: what was revoked would be unknown. */
const SILENCE = 10_000

/** The credentials of a store in another process, as that tells of them. `timer`: milliseconds, going forwards. */
export function createFedCredentials(
  first: CredentialChanges,
  timer: () => number,
): FedCredentials {
  const index = createChangingIndex()
  let isReady = false
  let heardAt = timer()

  function take({ ready, changed }: CredentialChanges): void {
    for (const [id, credentials] of changed) index.put(id, credentials.map(fromSent))
    isReady = ready
    heardAt = timer()
  }
  take(first)
  return {
    ready: () => isReady && timer() - heardAt < SILENCE,
    byUsername: (username) => index.byUsername(username),
    find: (reference) => index.find(reference),
    bcryptCost: () => index.bcryptCost(),
    take,
  }
}

function fromSent({ fields, secret }: SentCredential): Credential {
  const own: Credential['secret'] =
    secret.kind === 'keyed'
      ? { kind: 'keyed', hash: Buffer.from(secret.hash) }
      : { ...secret, hash: new Redacted(secret.hash) }
  return { ...(fields as unknown as Omit<Credential, 'secret'>), secret: own }
}
