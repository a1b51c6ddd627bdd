import type { Clock } from '../../clock.ts'
import type { Redacted } from '../../redacted.ts'
import { formatServiceAccount } from '../../service-account.ts'
import type { CredentialReference, Vouched } from '../../subject.ts'
import type { IdentitySource, Login } from '../source.ts'
import { vouchedSubject } from '../vouchers.ts'
import { readServiceAccountToken, type ServiceAccountToken } from './token.ts'

/** What is found of a token; `username`: whose it is, of whoever was asked for that. Details are for the log. */
export type VerifiedToken =
  | { readonly kind: 'verified'; readonly username?: string }
  | { readonly kind: 'no' | 'error'; readonly detail: string }

export interface ServiceAccountsOptions {
  /** A token must be for one of these. */
  readonly audiences: readonly string[]
  readonly issuer?: string | undefined
  /** Only of these; of none: of all. */
  readonly namespaces: readonly string[]
  /**
   * Longest from when a token was made until its end, seconds: an API server makes them as long as they are wanted,
   * and by its keys alone they outlive whoever they were made for.
   */
  readonly maxLifetime: number
  /** Whether a token is the cluster's, is for one of the audiences, and has begun. */
  readonly verify: (login: Login) => Promise<VerifiedToken>
  /** Whether it is the cluster that rauth itself asks who verifies, so that names are what they are there. */
  readonly ofThisCluster: boolean
  readonly reference: CredentialReference
  readonly clock: Clock
}

/**
 * The tokens of Kubernetes ServiceAccounts as passwords; the user name beside them means nothing. What a token
 * says is looked at before anybody is asked: most of what is no good costs nothing.
 */
export function createServiceAccounts(options: ServiceAccountsOptions): IdentitySource {
  const { audiences, issuer, namespaces, maxLifetime, verify, reference, clock } = options
  const whose: Vouched = options.ofThisCluster ? { ofThisCluster: true } : {}
  const read = (password: Redacted<string>) => readServiceAccountToken(password.reveal(), issuer)

  function flawOf(token: ServiceAccountToken): string | undefined {
    if (token.expiresAt <= clock()) return 'it has ended, by the clock of this machine'
    if (token.expiresAt - token.issuedAt > maxLifetime) return 'it is for longer than maxLifetime'
    if (!token.audiences.some((one) => audiences.includes(one))) return 'it is for somebody else'
    if (namespaces.length > 0 && !namespaces.includes(token.namespace)) {
      return 'its namespace is not one of those that are let in'
    }
    return undefined
  }

  return {
    name: issuer === undefined ? 'serviceAccounts' : `serviceAccounts ${issuer}`,
    claims: (password) => read(password).kind !== 'not-mine',
    async ask(login) {
      const found = read(login.password)
      if (found.kind !== 'token') return found
      const { token } = found
      const flaw = flawOf(token)
      if (flaw !== undefined) return { kind: 'no', detail: flaw }
      const verified = await verify(login)
      if (verified.kind !== 'verified') return verified
      const account = formatServiceAccount(token)
      if (verified.username !== undefined && verified.username !== account) {
        return { kind: 'no', detail: 'it is the token of somebody else' }
      }
      const { namespace, name: serviceaccount } = token
      const subject = vouchedSubject(account, reference, { namespace, serviceaccount, ...whose })
      return { kind: 'yes', subject: { ...subject, until: token.expiresAt } }
    },
  }
}
