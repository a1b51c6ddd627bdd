import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse, type Document, type YAMLSeq } from 'yaml'
import { setClusterPort } from '../../tools/envoy/config.ts'
import { CLUSTERS, LISTENER, placeOf, type Place } from '../../tools/envoy/places.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

const LISTENERS: Place = ['static_resources', 'listeners']
const IN_LISTENER: Place = ['filter_chains', 0, 'filters', 0, 'typed_config']
const ASKING = 'envoy.filters.http.ext_authz'
const OVER_HTTP = 'rauth-gateway-http'

/** How another listener differs from the one that is shipped. */
export interface OtherListener {
  readonly port: number
  /** Asks rauth's port for HTTP, as envoy/ext-authz-http.yaml does. */
  readonly overHttp?: number
  /** Without words of its own: `local_reply_config`. */
  readonly silent?: boolean
}

/** Gives a configuration of Envoy one more listener. */
export function addListener(document: Document, other: OtherListener): void {
  const { static_resources } = document.toJS() as {
    static_resources: { listeners: readonly unknown[] }
  }
  document.addIn(LISTENERS, document.createNode(static_resources.listeners[0]))
  const added: Place = [...LISTENERS, static_resources.listeners.length]
  document.setIn([...added, 'name'], `other-${String(other.port)}`)
  document.setIn([...added, 'address', 'socket_address', 'port_value'], other.port)
  const manager: Place = [...added, ...IN_LISTENER]
  if (other.silent === true) document.deleteIn([...manager, 'local_reply_config'])
  if (other.overHttp !== undefined) askOverHttp(document, manager, other.overHttp)
}

/** Where the one connection manager of the shipped listener is. */
export const SHIPPED: Place = [...LISTENER, ...IN_LISTENER]

const LIMIT = 'envoy.filters.http.local_ratelimit'

/** Of a route that needs nobody behind it. */
interface Said {
  readonly direct_response: object
  readonly typed_per_filter_config: object
}

/** Gives the shipped listener a route that takes one request, by a filter that whoever runs this Envoy may add. */
export function addLimitedRoute(
  document: Document,
  { path, like }: { readonly path: string; readonly like: Said },
): void {
  const typed = (fields: object) => ({
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
    stat_prefix: 'limit',
    ...fields,
  })
  const all = { default_value: { numerator: 100 } }
  const once = typed({
    token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: '3600s' },
    ...{ filter_enabled: all, filter_enforced: all },
  })
  const filters = document.getIn([...SHIPPED, 'http_filters']) as YAMLSeq
  filters.items.unshift(document.createNode({ name: LIMIT, typed_config: typed({}) }))
  const route = {
    ...{ match: { path }, direct_response: like.direct_response },
    typed_per_filter_config: { ...like.typed_per_filter_config, [LIMIT]: once },
  }
  document.addIn(
    [...SHIPPED, 'route_config', 'virtual_hosts', 0, 'routes'],
    document.createNode(route),
  )
}

function askOverHttp(document: Document, manager: Place, port: number): void {
  const text = readFileSync(path.join(ROOT, 'envoy/ext-authz-http.yaml'), 'utf8')
  const { filter, cluster } = parse(text.replaceAll('rauth-gateway', OVER_HTTP)) as {
    filter: unknown
    cluster: unknown
  }
  const asking = placeOf(document, [...manager, 'http_filters'], ASKING)
  document.setIn(asking, document.createNode(filter))
  if (document.toString().includes(`name: ${OVER_HTTP}`)) return
  document.addIn(CLUSTERS, document.createNode(cluster))
  setClusterPort(document, OVER_HTTP, port)
}
