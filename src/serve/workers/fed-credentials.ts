import { createChangingIndex } from '../../credentials/changing-index.ts'
import type { Credential, CredentialStore } from '../../credentials/credential.ts'
import { Redacted } from '../../redacted.ts'
import type { CredentialChanges, SentCredential } from './messages.ts'

export interface FedCredentials extends CredentialStore {
  readonly take: (changes: CredentialChanges) => void
  /** What is wrong with what it is told. */
  readonly problem: () => string | undefined
}

/** How long nothing may be heard before nobody is let in, milliseconds: what was revoked would be unknown. */
const SILENCE = 10_000

/**
 * The credentials of a store in another process, as that tells of them. How stale they may be is judged there,
 * which tells only of those in force; here, that it goes on telling. `timer`: milliseconds, going forwards.
 */
export function createFedCredentials(
  first: CredentialChanges,
  timer: () => number,
): FedCredentials {
  const index = createChangingIndex()
  let unusable: CredentialChanges['unusable']
  let isReady = false
  let heardAt = timer()
  const isHeard = () => timer() - heardAt < SILENCE

  function take({ ready, changed, unusable: told = unusable }: CredentialChanges): void {
    unusable = told
    for (const [id, credentials] of changed) index.put(id, credentials.map(fromSent))
    isReady = ready
    heardAt = timer()
  }
  take(first)
  return {
    ready: () => isReady && isHeard(),
    byUsername: (username) => (isHeard() ? index.byUsername(username) : []),
    find: (reference) => (isHeard() ? index.find(reference) : undefined),
    bcryptCost: () => index.bcryptCost(),
    unusable: (namespace) => unusable?.get(namespace),
    problem: () =>
      isHeard() ? undefined : `nothing was heard of the credentials for ${SILENCE / 1000} s`,
    take,
  }
}

function fromSent({ secret, ...rest }: SentCredential): Credential {
  return secret.kind === 'keyed'
    ? { ...rest, secret: { kind: 'keyed', hash: Buffer.from(secret.hash) } }
    : { ...rest, secret: { ...secret, hash: new Redacted(secret.hash) } }
}
