import type { CatalogRequest } from '../../list-catalog.ts'
import { accepted, refused, type Result } from '../../refusal.ts'
import { parseQuery } from '../../registry/query.ts'

/** Names a page, if the client does not say; as distribution has it. */
const DEFAULT_COUNT = 100
const MAX_COUNT = 1000

/** A name, or what somebody makes of one to begin there. */
const LAST = /^(?!.*\.\.)[a-z0-9._\-/]{0,255}$/

/** The request for a page of the catalog; `authorization`: each such header by itself. */
export function readCatalogRequest(
  query: string,
  authorization: readonly string[],
): Result<CatalogRequest> {
  const parsed = parseQuery(query)
  if (!parsed.ok) return parsed
  const unknown = [...parsed.value.keys()].some((key) => key !== 'n' && key !== 'last')
  if (unknown) return refused('query_invalid', { detail: 'unknown parameter' })
  const n = parsed.value.get('n') ?? ''
  const last = parsed.value.get('last') ?? ''
  if (!LAST.test(last)) return refused('query_invalid', { detail: 'last is no name' })
  const count = n === '' ? DEFAULT_COUNT : countOf(n)
  if (count === undefined) return refused('page_size_invalid')
  return accepted({ ...{ count, last }, authorization: joined(authorization) })
}

function countOf(text: string): number | undefined {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : undefined
  return count !== undefined && count <= MAX_COUNT ? count : undefined
}

/** A header that came twice, as the gateway is told of it: there it is no token. */
function joined(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(',')
}
