import type { CredentialReference, HeldCredential, Holder, Subject } from '../subject.ts'
import type { Credential } from './credential.ts'

/** The namespaces of holders: each once, sorted. */
export function namespacesOf(holders: readonly Holder[]): readonly string[] {
  return [...new Set(holders.flatMap(({ namespace }) => namespace ?? []))].sort()
}

/** What credentials are known by, each once: a Secret may hold several. */
export function idsOf(credentials: readonly CredentialReference[]): readonly string[] {
  return [...new Set(credentials.map(({ id }) => id))]
}

/** Who holds these credentials under a user name. */
export function subjectOf(account: string, credentials: readonly Credential[]): Subject {
  return { account, namespaces: namespacesOf(credentials), credentials: credentials.map(held) }
}

/** Without anything of the password. */
function held({ id, generation, ...holder }: Credential): HeldCredential {
  return { id, generation, ...holderOf(holder) }
}

/** All that the policy asks of a holder, and nothing else of it. */
export function holderOf({ namespace, serviceaccount, labels, actions }: Holder): Holder {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceaccount === undefined ? {} : { serviceaccount }),
    ...(labels === undefined ? {} : { labels }),
    ...(actions === undefined ? {} : { actions }),
  }
}
