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
  /** The address that has most. */
  fullest(): string | undefined
}

/** Each set in the order in which they entered it. */
interface Neighbours<T> {
  readonly silent: Set<T>
  readonly useful: Set<T>
}

export function createAddresses<T>(): Addresses<T> {
  const byAddress = new Map<string, Neighbours<T>>()

  const count = (address: string): number => {
    const { silent, useful } = byAddress.get(address) ?? NONE
    return silent.size + useful.size
  }

  return {
    count,
    add(address, one) {
      const known = byAddress.get(address)
      if (known !== undefined) known.silent.add(one)
      else byAddress.set(address, { silent: new Set([one]), useful: new Set() })
    },
    asked(address, one) {
      const neighbours = byAddress.get(address)
      if (neighbours === undefined) return
      neighbours.silent.delete(one)
      // It becomes the last of them.
      neighbours.useful.delete(one)
      neighbours.useful.add(one)
    },
    remove(address, one) {
      const neighbours = byAddress.get(address)
      neighbours?.silent.delete(one)
      neighbours?.useful.delete(one)
      if (count(address) === 0) byAddress.delete(address)
    },
    longest(address) {
      const { silent, useful } = byAddress.get(address) ?? NONE
      const [longest] = silent.size > 0 ? silent : useful
      return longest
    },
    fullest() {
      let most: string | undefined
      for (const address of byAddress.keys()) {
        if (most === undefined || count(address) > count(most)) most = address
      }
      return most
    },
  }
}

const NONE: Neighbours<never> = { silent: new Set(), useful: new Set() }
