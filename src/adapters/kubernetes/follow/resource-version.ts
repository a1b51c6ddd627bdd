const DECIMAL = /^(?:0|[1-9]\d*)$/

/**
 * Whether one resourceVersion is older than another. Those of one kind are numbers that grow, as
 * Kubernetes' API concepts have it ("Resource versions"); of what is none nothing is known, and no is the answer.
 */
export function isOlder(one: string, other: string): boolean {
  if (!DECIMAL.test(one) || !DECIMAL.test(other)) return false
  return one.length === other.length ? one < other : one.length < other.length
}
