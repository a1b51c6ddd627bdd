/**
 * Access: what a token grants and what a request requires, as the `access` claim of the
 * distribution token specification spells it, with the set algebra on it.
 */

/** Actions on one resource. Canonical: actions sorted, unique, and `*` alone when it is among them. */
export interface ResourceActions {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Canonical: sorted by type and name, each resource once. */
export type Access = readonly ResourceActions[]
