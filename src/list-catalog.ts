import { readCatalog, type RepositoryPages } from './catalog-pages.ts'
import { decide, type Decision, type DecideDependencies, type RequestOrigin } from './decision.ts'
import type { Learn } from './event.ts'
import {
  findLive,
  readToken,
  withScope,
  type Bearer,
  type Live,
  type LiveTokenDependencies,
} from './live-token.ts'
import { shareOf } from './policy/asker.ts'
import { grant } from './policy/grant.ts'
import { reachOf } from './policy/reach.ts'
import { accepted, refused, type Result } from './refusal.ts'
import { covers, type Access } from './registry/access.ts'
import { isRepositoryName } from './registry/repository-name.ts'
import { CATALOG_ACCESS } from './registry/routes.ts'
import { formatScope } from './registry/scope.ts'

/** A request for one page of the catalog. */
export interface CatalogRequest {
  readonly authorization: string | undefined
  /** How many names at most. */
  readonly count: number
  /** The last name of the page before; empty for the first. */
  readonly last: string
}

/** One page. */
export interface Catalog {
  readonly repositories: readonly string[]
  /** Whether there is a next one, of names that this caller may see. */
  readonly more: boolean
}

export type CatalogDecision = Decision<Catalog>

/**
 * The third flow: of the names of all repositories those that the caller may pull. Any token that is
 * good now will do; whoever holds the access that registries ask for here gets them all. What is hidden
 * shows nowhere: not by its name, not in a count, and not by a next page that would be empty.
 */
export type ListCatalog = (
  parsed: Result<CatalogRequest>,
  origin: RequestOrigin,
  /** Ends the listing: nobody waits for it any more. */
  signal: AbortSignal,
) => Promise<CatalogDecision>

export interface ListCatalogDependencies extends DecideDependencies, LiveTokenDependencies {
  /** Whose tokens are good here. */
  readonly service: string
  /** `undefined`: the catalog is closed. */
  readonly registry: RepositoryPages | undefined
}

const REQUIRED: Access = [CATALOG_ACCESS]
const SCOPE = formatScope(REQUIRED)

export function createListCatalog(deps: ListCatalogDependencies): ListCatalog {
  async function list(
    { authorization, count, last }: CatalogRequest,
    { address }: RequestOrigin,
    learn: Learn,
    signal: AbortSignal,
  ): Promise<Result<Catalog>> {
    learn({ requested: SCOPE })
    const { service } = deps
    const bearer = readToken(deps, authorization, { service }, learn)
    if (!bearer.ok) return withScope(bearer.refusal, SCOPE)
    const live = findLive(deps, bearer.value, { service, address }, learn)
    if (!live.ok) return withScope(live.refusal, SCOPE)
    if (deps.registry === undefined) {
      return refused('catalog_closed', { detail: 'catalog.registry is not set' })
    }
    const view = viewOf(bearer.value, live.value)
    // As registries answer it, without a look at what there is.
    if (count === 0) return accepted({ repositories: [], more: false })
    const listed = await deps.registry.walk({ signal, share: shareOf(live.value.asker) }, (page) =>
      readCatalog(page, { ...view, count, last }),
    )
    learn({ rule: [...view.rules].join(',') })
    return listed
  }

  return (parsed, origin, signal) =>
    decide(deps, 'catalog', { ...origin, route: 'catalog' }, async (learn) =>
      parsed.ok ? list(parsed.value, origin, learn, signal) : parsed,
    )
}

/** What a token sees of the catalog; `rules` are those that showed a name. */
function viewOf({ access: held = [] }: Bearer, { policy, asker }: Live) {
  const rules = new Set<string>()
  const allows = (access: Access) => {
    const granted = grant(policy, asker, access)
    if (!covers(granted.access, access)) return false
    for (const rule of granted.rules) rules.add(rule)
    return true
  }
  // A token that an administrator made for less does not see more.
  if (covers(held, REQUIRED) && allows(REQUIRED)) {
    return { rules, reach: [''], visible: isRepositoryName }
  }
  const reach = reachOf(policy, asker)
  const visible = (name: string) =>
    reach.some((prefix) => name.startsWith(prefix)) &&
    allows([{ type: 'repository', name, actions: ['pull'] }])
  return { rules, reach, visible }
}
