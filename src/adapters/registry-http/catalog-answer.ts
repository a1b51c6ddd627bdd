import type { RepositoryPage } from '../../catalog-pages.ts'
import { accepted, refused, type Result } from '../../refusal.ts'

/** Longest text to ask the next page with. */
const MAX_LAST = 1024

/** What a registry answered that has a catalog. */
export interface CatalogAnswer {
  readonly body: string
  readonly link: string | null
  /** How many names were asked for; `undefined`: as many as the registry likes. */
  readonly size: number | undefined
}

/** An answer of `/v2/_catalog` → its page. */
export function readCatalogAnswer({ body, link, size }: CatalogAnswer): Result<RepositoryPage> {
  const broken = (detail: string) => refused('registry_unavailable', { detail })
  const names = readNames(body)
  if (names === undefined) return broken('the registry answers something that is no catalog')
  const end = names.at(-1)
  const linked = link === null ? undefined : nextLink(link)
  // Registry 2.8 forgets the link when the page ends between a repository and one below it.
  const isFull = size !== undefined && names.length >= size
  const next = linked === undefined ? (isFull ? end : undefined) : (lastIn(linked) ?? end)
  if (linked !== undefined && next === undefined) return broken('a next page, but not which')
  if (next !== undefined && next.length > MAX_LAST) return broken('a name that is too long')
  return accepted({ names, next })
}

function readNames(body: string): readonly string[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'repositories')) {
    return undefined
  }
  // Go writes a list that was never made as null.
  const names = (value as { repositories: unknown }).repositories ?? []
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string')
  return isList ? names : undefined
}

/** RFC 8288: the target of the first link whose relation is `next`. */
function nextLink(header: string): string | undefined {
  return /<([^<>]*)>(?=[^<]*;\s*rel\s*=\s*"?next\b)/i.exec(header)?.[1]
}

/** Only that of it, whatever host and path it names: rauth goes where it is configured to. */
function lastIn(target: string): string | undefined {
  const mark = target.indexOf('?')
  if (mark < 0) return undefined
  return new URLSearchParams(target.slice(mark + 1)).get('last') ?? undefined
}
