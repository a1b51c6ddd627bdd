import type { Vouched } from '../../subject.ts'
import { fill, fillEach, valuesAt, type Template, type TokenClaims } from './template.ts'
import { NAMESPACE_NAME } from '../../namespace-name.ts'

/** Who a token is, if it has these claims. */
export interface ClaimMapping {
  /** Values by claim; of each the token must have one. At least one claim. */
  readonly claims: Readonly<Record<string, readonly string[]>>
  readonly account: Template
  readonly namespace?: Template
  readonly labels?: Readonly<Record<string, readonly Template[]>>
}

export type Mapped =
  | { readonly ok: true; readonly account: string; readonly vouched: Vouched }
  /** For the log; quotes nothing of the token. */
  | { readonly ok: false; readonly detail: string }

/** What a text of a token can be at most, to go into a token, a header and a log. */
const ACCOUNT = /^[^\p{C}]{1,255}$/u
const VALUE = /^[^\p{C}]{1,1024}$/u
const MAX_VALUES = 256

/**
 * Who a token is by the first mapping whose claims it has. That decides: where what the token says then
 * fills no account or no namespace, it is nobody, and not whoever a later one would make of it.
 */
export function mapClaims(mappings: readonly ClaimMapping[], claims: TokenClaims): Mapped {
  const index = mappings.findIndex((mapping) => hasClaims(mapping, claims))
  const mapping = mappings[index]
  if (mapping === undefined) return { ok: false, detail: 'its claims are those of no identity' }
  const of = (what: string, template: Template): Mapped => ({
    ok: false,
    detail: `identities.${index}: its claims make no ${what} of ${template.source}`,
  })
  const account = fill(mapping.account, claims)
  if (account === undefined || !ACCOUNT.test(account)) return of('account', mapping.account)
  const labels = labelsOf(mapping, claims)
  if (mapping.namespace === undefined) return { ok: true, account, vouched: { labels } }
  const namespace = fill(mapping.namespace, claims)
  if (namespace === undefined || !NAMESPACE_NAME.test(namespace)) {
    return of('namespace', mapping.namespace)
  }
  return { ok: true, account, vouched: { namespace, labels } }
}

function hasClaims({ claims: wanted }: ClaimMapping, claims: TokenClaims): boolean {
  return Object.entries(wanted).every(([name, allowed]) =>
    valuesAt(claims, name).some((value) => allowed.includes(value)),
  )
}

/** A label that the claims do not fill has no values. */
function labelsOf({ labels = {} }: ClaimMapping, claims: TokenClaims) {
  const entries = Object.entries(labels).map(([label, templates]) => {
    const values = templates.flatMap((template) => fillEach(template, claims))
    return [label, values.filter((value) => VALUE.test(value)).slice(0, MAX_VALUES)] as const
  })
  return Object.fromEntries(entries)
}
