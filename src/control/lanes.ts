/** Keys in the order in which they came, each once; some go before the others. */
export interface Lanes {
  /** One that is there keeps its place, unless it is to go first by now. */
  add(key: string, first: boolean): void
  /** The next one, which is there no more; undefined if there is none. */
  take(): string | undefined
  has(key: string): boolean
  remove(key: string): void
  clear(): void
  size(): number
}

/** One of so many is of those that don't go first: they must not wait for ever. */
const SHARE = 4

export function createLanes(): Lanes {
  const first = new Set<string>()
  const others = new Set<string>()
  let taken = 0

  function next(): string | undefined {
    taken += 1
    const [one, other] = taken % SHARE === 0 ? [others, first] : [first, others]
    for (const key of one) return key
    for (const key of other) return key
    return undefined
  }

  return {
    add(key, isFirst) {
      if (isFirst) {
        others.delete(key)
        first.add(key)
      } else if (!first.has(key)) {
        others.add(key)
      }
    },
    take() {
      const key = next()
      if (key !== undefined && !first.delete(key)) others.delete(key)
      return key
    },
    has: (key) => first.has(key) || others.has(key),
    remove(key) {
      first.delete(key)
      others.delete(key)
    },
    clear() {
      first.clear()
      others.clear()
    },
    size: () => first.size + others.size,
  }
}
