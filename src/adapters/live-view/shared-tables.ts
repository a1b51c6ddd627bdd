import { LRUCache } from 'lru-cache'

/** How long the tables are the same for all who ask for them, milliseconds. */
const KEPT_FOR = 2_000

/** Texts that are looked for at a time: one a browser. */
const MOST_TEXTS = 10

interface Shared {
  readonly made: Promise<string>
  /** Since when it is there; milliseconds. */
  since: number | undefined
}

/**
 * What `make` says of a text, as JSON: made once for all who ask at about the same time, and one after the other,
 * since to look at all namespaces takes long where they are many. `now`: milliseconds since any moment.
 */
export function createSharedTables(
  make: (text: string) => Promise<object>,
  now: () => number,
): (text: string) => Promise<string> {
  const shared = new LRUCache<string, Shared>({ max: MOST_TEXTS })
  let last: Promise<unknown> = Promise.resolve()

  function begin(text: string): Shared {
    const made = last.then(() => make(text)).then((tables) => JSON.stringify(tables))
    const one: Shared = { made, since: undefined }
    const done = () => {
      one.since = now()
    }
    const failed = () => {
      if (shared.peek(text) === one) shared.delete(text)
    }
    last = made.then(done, failed)
    shared.set(text, one)
    return one
  }

  return (text) => {
    const known = shared.get(text)
    const since = known?.since ?? now()
    return known !== undefined && Math.abs(now() - since) < KEPT_FOR ? known.made : begin(text).made
  }
}
