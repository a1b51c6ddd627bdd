import type {
  CredentialReference,
  HeldCredential,
  Labels,
  Subject,
  ToldCredential,
  Vouched,
} from '../subject.ts'
import { namespacesOf } from './holder.ts'

/** The identity sources whose word counts, each as it is configured now. */
export interface Vouchers {
  has(reference: CredentialReference): boolean
}

export function createVouchers(references: readonly CredentialReference[]): Vouchers {
  const text = ({ id, generation }: CredentialReference) => JSON.stringify([id, generation])
  const known = new Set(references.map(text))
  return { has: (reference) => known.has(text(reference)) }
}

/** Who a source vouches for, under a user name. */
export function vouchedSubject(
  account: string,
  { id, generation }: CredentialReference,
  { namespace, serviceaccount, ofThisCluster, labels }: Vouched,
): Subject {
  const held: HeldCredential = {
    ...{ id, generation, vouched: true },
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceaccount === undefined ? {} : { serviceaccount }),
    ...(ofThisCluster === undefined ? {} : { ofThisCluster }),
    ...(labels === undefined ? {} : { labels }),
  }
  return { account, namespaces: namespacesOf([held]), credentials: [held] }
}

/**
 * A credential as a token tells of it. Of one that was vouched for the token says what the policy asks:
 * of each of `labels` which values there are, also that there are none, and of no other label anything.
 */
export function toldOf(held: HeldCredential, labels: readonly string[]): ToldCredential {
  const { id, generation, vouched, namespace, serviceaccount } = held
  if (vouched === undefined) return { id, generation }
  const told = labels.map((label) => [label, valuesOf(held, label)] as const)
  const holder: Vouched = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceaccount === undefined ? {} : { serviceaccount }),
    labels: Object.fromEntries(told),
  }
  return { id, generation, holder }
}

function valuesOf({ labels = {} }: { readonly labels?: Labels }, label: string): readonly string[] {
  return Object.hasOwn(labels, label) ? (labels[label] ?? []) : []
}
