import type { Catalog, CatalogDecision } from '../../list-catalog.ts'
import type { HttpAnswer } from '../http-exchange.ts'
import { REGISTRY_HEADERS, registryRefusal, type ChallengeOptions } from '../registry-answer.ts'

/** A decision → its answer, as distribution would give it. `count`: how many names were asked for. */
export function formatCatalogResponse(
  { decision, result }: CatalogDecision,
  count: number,
  options: ChallengeOptions,
): HttpAnswer {
  if (!result.ok) return registryRefusal(result.refusal, decision, options)
  const { repositories } = result.value
  return {
    status: 200,
    headers: { ...REGISTRY_HEADERS, ...nextLink(result.value, count) },
    body: JSON.stringify({ repositories }),
  }
}

/** RFC 8288, as distribution spells it. */
function nextLink({ repositories, more }: Catalog, count: number): { readonly link?: string } {
  const last = repositories.at(-1)
  if (!more || last === undefined) return {}
  return { link: `</v2/_catalog?last=${encodeURIComponent(last)}&n=${count}>; rel="next"` }
}
