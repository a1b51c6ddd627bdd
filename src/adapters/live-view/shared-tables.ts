import { createAskedBriefly } from '../../credentials/asked-briefly.ts'

/** How long the tables are the same for all who ask for them, milliseconds. */
const KEPT_FOR = 2_000

/** Texts that are looked for at a time: one a browser. */
const MOST_TEXTS = 10

/**
 * What `make` says of a text, as JSON: made once for all who ask at about the same time, and one after the other,
 * since to look at all namespaces takes long where they are many. `now`: milliseconds since any moment.
 */
export function createSharedTables(
  make: (text: string) => Promise<object>,
  now: () => number,
): (text: string) => Promise<string> {
  const ask = createAskedBriefly<string, 'tables'>({
    ...{ lifetimes: { tables: KEPT_FOR }, kindOf: () => 'tables', most: MOST_TEXTS, clock: now },
  })
  let last: Promise<unknown> = Promise.resolve()

  return (text) =>
    ask(text, () => {
      const made = last.then(() => make(text)).then((tables) => JSON.stringify(tables))
      last = made.catch(() => undefined)
      return made
    })
}
