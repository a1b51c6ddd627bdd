import type { Identity } from '../../config/identity-schema.ts'
import type { ServiceAccount } from '../../service-account.ts'

/**
 * Whether a source that is asked at each login may know a user, or that ServiceAccount. ServiceAccounts come with tokens
 * that no other source takes for theirs, and users with passwords.
 */
export function mayVouch(
  { command, http, oidc, ldap, serviceAccounts }: Identity[number],
  serviceAccount: ServiceAccount | undefined,
): boolean {
  if (serviceAccount === undefined) {
    return [command, http, oidc, ldap].some((source) => source !== undefined)
  }
  if (serviceAccounts === undefined) return false
  const { namespaces } = serviceAccounts
  return namespaces.length === 0 || namespaces.includes(serviceAccount.namespace)
}
