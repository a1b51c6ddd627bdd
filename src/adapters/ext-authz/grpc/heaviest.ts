/** Something of an address that holds memory. */
export interface Weighed<T> {
  readonly of: T
  readonly address: string
  /** Bytes. */
  readonly weight: number
}

/**
 * Those without which the rest weighs `most` at most: of the address that weighs most together, the
 * heaviest first. Who has several addresses gains by it, who holds much over many connections does not.
 */
export function heaviest<T>(all: readonly Weighed<T>[], most: number): T[] {
  const ofAddress = new Map<string, number>()
  let total = 0
  for (const { address, weight } of all) {
    total += weight
    ofAddress.set(address, (ofAddress.get(address) ?? 0) + weight)
  }
  if (total <= most) return []
  const together = ({ address }: Weighed<T>) => ofAddress.get(address) ?? 0
  const sorted = [...all].sort((a, b) => together(b) - together(a) || b.weight - a.weight)
  const heavy: T[] = []
  for (const { of, weight } of sorted) {
    if (total <= most) break
    heavy.push(of)
    total -= weight
  }
  return heavy
}
