import type { Json } from '../kubernetes/api.ts'
import type { Translation } from './translation.ts'

/** Ports of this machine: where Envoy listens, and what it leads to. */
export interface StaticPorts {
  readonly entry: number
  readonly token: number
  readonly grpc: number
  readonly registry: number
}

/** The listener of the Gateway; the other one answers probes. */
const LISTENER = 'registry/registry/https'

/**
 * What Envoy Gateway tells its Envoy as a configuration that Envoy reads from a file. Routes stand in
 * their listener and addresses in their clusters, where Envoy would be sent them; and there is no TLS,
 * and so any host name. Nothing else is changed. Throws where one of these is not found.
 */
export function staticConfig(translation: Translation, ports: StaticPorts): Json {
  const { listeners, clusters, routes, overloadManager } = structuredClone(
    translation,
  ) as unknown as Mutable
  const listener = only(listeners.filter(({ name }) => name === LISTENER))
  listener.address = address(ports.entry)
  const chain = only(listener.filterChains)
  delete chain.filterChainMatch
  delete chain.transportSocket
  delete listener.listenerFilters
  const { typedConfig } = only(chain.filters)
  const { routeConfigName } = typedConfig.rds ?? fail('no routes by name')
  delete typedConfig.rds
  const routeConfig = only(routes.filter(({ name }) => name === routeConfigName))
  only(routeConfig.virtualHosts).domains = ['*']
  typedConfig.routeConfig = routeConfig
  for (const cluster of clusters) place(cluster, ports)
  return { staticResources: { listeners: [listener], clusters }, overloadManager }
}

/** By the object that a cluster was made of. */
const LEADS_TO: Readonly<Record<string, keyof StaticPorts>> = {
  'httproute/registry/registry/rule/0': 'registry',
  'httproute/registry/registry-token/rule/0': 'token',
  'securitypolicy/registry/registry/extauth/0': 'grpc',
}

function place(cluster: Cluster, ports: StaticPorts): void {
  const to = LEADS_TO[cluster.name] ?? fail(`where does ${cluster.name} lead to?`)
  delete cluster.edsClusterConfig
  cluster.type = 'STATIC'
  cluster.loadAssignment = {
    clusterName: cluster.name,
    endpoints: [
      {
        lbEndpoints: [{ endpoint: { address: address(ports[to]) }, loadBalancingWeight: 1 }],
        loadBalancingWeight: 1,
        locality: { region: cluster.name },
      },
    ],
  }
}

function address(port: number): Json {
  return { socketAddress: { address: '127.0.0.1', portValue: port } }
}

function only<T>(list: readonly T[]): T {
  const [one] = list
  return one === undefined || list.length > 1 ? fail(`${list.length} in place of one`) : one
}

function fail(why: string): never {
  throw new Error(`the translation of Envoy Gateway is another than was thought: ${why}`)
}

interface Mutable {
  readonly listeners: Listener[]
  readonly clusters: Cluster[]
  readonly overloadManager: Json
  readonly routes: { name: string; virtualHosts: { domains: string[] }[] }[]
}

interface Listener {
  readonly name: string
  address: Json
  listenerFilters?: unknown
  readonly filterChains: {
    filterChainMatch?: unknown
    transportSocket?: unknown
    readonly filters: {
      typedConfig: { rds?: { routeConfigName: string }; routeConfig?: unknown }
    }[]
  }[]
}

interface Cluster {
  readonly name: string
  type: string
  edsClusterConfig?: unknown
  loadAssignment?: Json
}
