import { isMapping } from '../mapping.ts'

/** A copy with one value set; what stands in the way and is no map makes room. */
export function withValue(
  values: Record<string, unknown>,
  [key, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (key === undefined) return values
  if (rest.length === 0) return { ...values, [key]: value }
  const below = values[key]
  return { ...values, [key]: withValue(isMapping(below) ? below : {}, rest, value) }
}
