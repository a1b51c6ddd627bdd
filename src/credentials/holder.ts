import type { CredentialReference, HeldCredential, Subject } from '../subject.ts'
import type { Credential } from './credential.ts'

/** The namespaces of credentials: each once, sorted. */
export function namespacesOf(credentials: readonly Credential[]): readonly string[] {
  return [...new Set(credentials.map(({ namespace }) => namespace))].sort()
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
function held({ id, generation, namespace, actions }: Credential): HeldCredential {
  return { id, generation, namespace, ...(actions === undefined ? {} : { actions }) }
}
