import type { CredentialReference, Holder, ToldCredential } from '../subject.ts'
import type { Credential, CredentialLookup } from './credential.ts'
import { standingOf } from './standing.ts'
import type { Vouchers } from './vouchers.ts'

/** Whether it is the time of a credential; `now` in seconds since the epoch. */
export function isLive(
  credential: Pick<Credential, 'notBefore' | 'notAfter'>,
  now: number,
): boolean {
  return standingOf(credential, now) === 'usable'
}

/**
 * Those of the credentials that are still what they were when the references were made, and whose
 * time it is, as the store has them by now.
 */
export function liveCredentials(
  store: Pick<CredentialLookup, 'find'>,
  references: readonly CredentialReference[],
  now: number,
): readonly Credential[] {
  return references.flatMap((reference) => {
    const credential = store.find(reference)
    return credential !== undefined && isLive(credential, now) ? [credential] : []
  })
}

export interface LiveDependencies {
  readonly store: Pick<CredentialLookup, 'find'>
  readonly vouchers: Vouchers
}

/**
 * Who still holds what a token tells of. What was vouched for counts as long as its source is configured
 * as it was, and only if the token tells of each of `labels`, those that the policy of now asks for: else
 * a rule that denies by one of them would be passed over.
 */
export function liveHolders(
  { store, vouchers }: LiveDependencies,
  told: readonly ToldCredential[],
  labels: readonly string[],
  now: number,
): readonly Holder[] {
  return told.flatMap((one): readonly Holder[] => {
    const { holder } = one
    if (holder === undefined) return liveCredentials(store, [one], now)
    const known = labels.every((label) => Object.hasOwn(holder.labels ?? {}, label))
    return known && vouchers.has(one) ? [holder] : []
  })
}
