/** The connections of each address, and which of them goes when there are too many. */
export interface Addresses<T> {
  /** How many an address has. */
  count(address: string): number
  /** One that asked nothing yet. */
  add(address: string, one: T): void
  /** It asks now. */
  asked(address: string, one: T): void
  remove(address: string, one: T): void
  /** Of an address the one to go: that has never asked for longest, else that asked longest ago. */
  longest(address: string): T | undefined
  /** Of all the one to go: as long as there are some that never asked, of the address with most of these. */
  surplus(): T | undefined
}

/** Each set in the order in which they entered it. */
interface Neighbours<T> {
  readonly silent: Set<T>
  readonly useful: Set<T>
}

export function createAddresses<T>(): Addresses<T> {
  const byAddress = new Map<string, Neighbours<T>>()

  function most(size: (neighbours: Neighbours<T>) => number): Neighbours<T> | undefined {
    let largest: Neighbours<T> | undefined
    for (const one of byAddress.values()) {
      if (size(one) > (largest === undefined ? 0 : size(largest))) largest = one
    }
    return largest
  }

  return {
    count: (address) => sizeOf(byAddress.get(address) ?? NONE),
    add(address, one) {
      const known = byAddress.get(address)
      if (known !== undefined) known.silent.add(one)
      else byAddress.set(address, { silent: new Set([one]), useful: new Set() })
    },
    asked(address, one) {
      const neighbours = byAddress.get(address)
      const isThere = neighbours?.silent.delete(one) === true || neighbours?.useful.delete(one)
      // It becomes the last of them.
      if (isThere === true) neighbours?.useful.add(one)
    },
    remove(address, one) {
      const neighbours = byAddress.get(address)
      if (neighbours === undefined) return
      neighbours.silent.delete(one)
      neighbours.useful.delete(one)
      if (sizeOf(neighbours) === 0) byAddress.delete(address)
    },
    longest: (address) => longestOf(byAddress.get(address)),
    surplus: () => longestOf(most(({ silent }) => silent.size) ?? most(sizeOf)),
  }
}

const NONE: Neighbours<never> = { silent: new Set(), useful: new Set() }

function sizeOf({ silent, useful }: Neighbours<unknown>): number {
  return silent.size + useful.size
}

function longestOf<T>({ silent, useful }: Neighbours<T> = NONE): T | undefined {
  const [longest] = silent.size > 0 ? silent : useful
  return longest
}
