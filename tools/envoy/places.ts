import { isMap, isSeq, type Document } from 'yaml'

export type Place = readonly unknown[]

/** Where in the shipped configuration things are. */
export const LISTENER: Place = ['static_resources', 'listeners', 0]
export const MANAGER: Place = [...LISTENER, 'filter_chains', 0, 'filters', 0, 'typed_config']
export const FILTERS: Place = [...MANAGER, 'http_filters']
export const CLUSTERS: Place = ['static_resources', 'clusters']

/** The place of what has this name in a list. Throws when there is none. */
export function placeOf(document: Document, list: Place, name: string): Place {
  const found: unknown = document.getIn(list)
  const items = isSeq(found) ? found.items : []
  const index = items.findIndex((one) => isMap(one) && one.get('name') === name)
  if (index < 0) throw new Error(`no ${name} in the Envoy configuration`)
  return [...list, index]
}

/** The place of a cluster's endpoints. Throws when there is no such cluster. */
export function endpointsOf(document: Document, cluster: string): Place {
  const place = placeOf(document, CLUSTERS, cluster)
  return [...place, 'load_assignment', 'endpoints', 0, 'lb_endpoints']
}
