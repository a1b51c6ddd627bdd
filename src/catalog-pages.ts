import { accepted, refused, type Result } from './refusal.ts'

/** One page of the registry's own catalog. */
export interface RepositoryPage {
  readonly names: readonly string[]
  /** What to ask the next page with; `undefined`: this is the last. */
  readonly next: string | undefined
}

/** Asks the registry for the names after this one; the empty text is before all. */
export type AskPage = (last: string) => Promise<Result<RepositoryPage>>

/** The registry's own catalog, in which nothing is hidden. */
export interface RepositoryPages {
  /**
   * Lets `read` ask for pages, within one deadline, and not too many at once, neither of all nor of one
   * share. Never rejects for what the registry does.
   */
  walk<T>(walker: Walker, read: (page: AskPage) => Promise<Result<T>>): Promise<Result<T>>
}

/** For whom the catalog is read. */
export interface Walker {
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal
  /** Whose place it takes. */
  readonly share: string
}

export interface Wanted {
  /** How many names at most; one or more. */
  readonly count: number
  /** Only names after this one; empty: all. */
  readonly last: string
  /** Texts of which one begins every name that can be visible, sorted. */
  readonly reach: readonly string[]
  readonly visible: (name: string) => boolean
}

/** Pages of the registry for one of ours. */
const MAX_PAGES = 200

/**
 * The next visible names, and whether there are more of them. Stretches of the catalog in which
 * nothing can be visible are not read.
 */
export async function readCatalog(
  page: AskPage,
  { count, last, reach, visible }: Wanted,
): Promise<Result<{ readonly repositories: readonly string[]; readonly more: boolean }>> {
  const repositories = new Set<string>()
  const asked = new Set<string>()
  const broken = (detail: string) => refused('registry_unavailable', { detail })
  let position = nextPosition(last, reach)
  while (position !== undefined) {
    if (asked.has(position)) return broken('the registry gives the same page again')
    if (asked.size === MAX_PAGES) return broken(`not at an end after ${MAX_PAGES} pages`)
    asked.add(position)
    const got = await page(position)
    if (!got.ok) return got
    for (const name of got.value.names) {
      if (name === last || repositories.has(name) || !visible(name)) continue
      if (repositories.size === count) {
        return accepted({ repositories: [...repositories], more: true })
      }
      repositories.add(name)
    }
    const { next } = got.value
    position = next === undefined ? undefined : nextPosition(next, reach)
  }
  return accepted({ repositories: [...repositories], more: false })
}

/**
 * Where to read on once the names up to `last` are read: there, or further on if nothing between can
 * begin with a text of `reach`. `undefined`: nothing after it can.
 */
export function nextPosition(last: string, reach: readonly string[]): string | undefined {
  const ahead: string[] = []
  for (const prefix of reach) {
    const place = placeOf(last, prefix)
    if (place === 'unclear') return last
    if (place === 'before') ahead.push(prefix)
  }
  const [first] = ahead
  if (first === undefined) return undefined
  if (ahead.some((other) => other !== first && placeOf(first, other) !== 'before')) return last
  const start = startOf(first)
  return placeOf(last, start) === 'before' ? start : last
}

/**
 * Where a name stands to all that begins with a text. Registries order names by bytes, or by path
 * components, as if `/` came before all else: what the two orders disagree on is unclear, and so is
 * what is in the middle of it.
 */
function placeOf(name: string, prefix: string): 'before' | 'after' | 'unclear' {
  for (let i = 0; i < prefix.length; i += 1) {
    const [here, there] = [name[i], prefix[i]]
    if (here === there) continue
    if (here === undefined) return 'before'
    if (here === '/' || there === '/' || there === undefined) return 'unclear'
    return here < there ? 'before' : 'after'
  }
  return 'unclear'
}

/**
 * A text that is before all that begins with `prefix`, and hardly before anything else. No name of a
 * repository: with that, distribution on S3 would begin at its `_manifests`, behind the digits.
 */
function startOf(prefix: string): string {
  const [component = ''] = prefix.split('/', 1)
  return component.replace(/[a-z0-9_][^a-z0-9_]*$/, '')
}
