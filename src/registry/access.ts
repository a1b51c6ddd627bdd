/**
 * Access: what a token grants and what a request requires, as the `access` claim of the
 * distribution token specification spells it, with the set algebra on it.
 */

/**
 * Actions on one resource. Canonical: at least one action, sorted, unique, and `*` alone when it is
 * among them.
 */
export interface ResourceActions {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Canonical: sorted by type and name, each resource once. */
export type Access = readonly ResourceActions[]

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function canonicalActions(actions: ReadonlySet<string>): readonly string[] {
  return actions.has('*') ? ['*'] : [...actions].sort(compare)
}

/**
 * Brings any list of resources into canonical form: the same resource twice becomes one, and what
 * names no action is left out.
 */
export function mergeAccess(parts: readonly ResourceActions[]): Access {
  const [first, second] = parts
  // What nearly every request of a client needs.
  if (first !== undefined && second === undefined && first.actions.length > 0) {
    const { type, name, actions } = first
    return [{ type, name, actions: canonicalActions(new Set(actions)) }]
  }
  const merged = new Map<string, ResourceActions>()
  for (const { type, name, actions } of parts) {
    if (actions.length === 0) continue
    const key = JSON.stringify([type, name])
    const known = merged.get(key)?.actions ?? []
    merged.set(key, { type, name, actions: canonicalActions(new Set([...known, ...actions])) })
  }
  return [...merged.values()].sort((a, b) => compare(a.type, b.type) || compare(a.name, b.name))
}

/**
 * Whether `granted` holds everything in `required`: type and name compared exactly, `*` among the
 * granted actions standing for every action. What requires `*` is covered by `*` alone.
 */
export function covers(granted: Access, required: Access): boolean {
  return required.every(({ type, name, actions }) => {
    const held = granted.filter((one) => one.type === type && one.name === name)
    return actions.every((action) =>
      held.some(({ actions: some }) => some.includes('*') || some.includes(action)),
    )
  })
}
