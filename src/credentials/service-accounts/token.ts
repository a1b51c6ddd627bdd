import { splitCompact, unverifiedPart } from '../../compact-jws.ts'
import { isMapping, type Mapping } from '../../mapping.ts'
import { parseServiceAccount, type ServiceAccount } from '../../service-account.ts'

/** What the token of a ServiceAccount says. Whether it says so rightly is for others to verify. */
export interface ServiceAccountToken extends ServiceAccount {
  /** When it ends, seconds since the epoch. */
  readonly expiresAt: number
  /** When it was made, seconds since the epoch. */
  readonly issuedAt: number
  readonly audiences: readonly string[]
}

export type ReadToken =
  | { readonly kind: 'token'; readonly token: ServiceAccountToken }
  /** For the log; quotes nothing of it. */
  | { readonly kind: 'no' | 'not-mine'; readonly detail: string }

const SUBJECT = 'system:serviceaccount:'

/**
 * A password → what it says, if it is the token of a ServiceAccount; with `issuer` only of that one. Those that
 * stand in Secrets for ever have no end and are for nobody in particular, and so are no tokens for a registry.
 */
export function readServiceAccountToken(password: string, issuer?: string): ReadToken {
  const claims = unverifiedPart(splitCompact(password)?.payload)
  const { sub, iss, exp, iat, aud } = claims ?? {}
  if (claims === undefined || typeof sub !== 'string' || !sub.startsWith(SUBJECT)) {
    return { kind: 'not-mine', detail: 'no token of a ServiceAccount' }
  }
  if (issuer !== undefined && iss !== issuer) {
    return { kind: 'not-mine', detail: 'the token of another cluster' }
  }
  const no = (detail: string): ReadToken => ({ kind: 'no', detail })
  const account = parseServiceAccount(sub)
  if (account === undefined) return no('its subject is no ServiceAccount')
  if (!agrees(claims, account)) return no('what it says of the ServiceAccount is not its subject')
  if (!isFinite(exp)) return no('it has no end')
  if (!isFinite(iat)) return no('it does not say when it was made')
  const audiences = (Array.isArray(aud) ? aud : [aud]) as readonly unknown[]
  if (!audiences.every((one) => typeof one === 'string')) return no('it is for nobody')
  return { kind: 'token', token: { ...account, expiresAt: exp, issuedAt: iat, audiences } }
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value)
}

/** Whether the private claims, which bound tokens have, are about the subject. */
function agrees(claims: Mapping, { namespace, name }: ServiceAccount): boolean {
  const own = claims['kubernetes.io']
  const account = isMapping(own) ? own['serviceaccount'] : undefined
  if (!isMapping(own) || !isMapping(account)) return false
  return own['namespace'] === namespace && account['name'] === name
}
