/** Something of an address that holds memory. */
export interface Weighed<T> {
  readonly of: T
  readonly address: string
  /** Bytes. */
  readonly weight: number
  /** Whether it has asked nothing yet. */
  readonly isSilent: boolean
}

/**
 * Those without which the rest weighs `most` at most: of the address that weighs most together, the
 * heaviest first. Of an address of which one goes, those go that never asked, too: what they have sent
 * may not have been read yet; if `wholly`, so do all others.
 */
export function heaviest<T>(all: readonly Weighed<T>[], most: number, wholly: boolean): T[] {
  const ofAddress = new Map<string, number>()
  let total = 0
  for (const { address, weight } of all) {
    total += weight
    ofAddress.set(address, (ofAddress.get(address) ?? 0) + weight)
  }
  if (total <= most) return []
  const together = ({ address }: Weighed<T>) => ofAddress.get(address) ?? 0
  const sorted = [...all].sort((a, b) => together(b) - together(a) || b.weight - a.weight)
  const [heavy, from]: [T[], Set<string>] = [[], new Set()]
  for (const { of, address, weight, isSilent } of sorted) {
    const goesToo = from.has(address) && (wholly || isSilent)
    if (total <= most && !goesToo) continue
    heavy.push(of)
    from.add(address)
    total -= weight
  }
  return heavy
}
