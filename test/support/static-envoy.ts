import type { Json } from './kubernetes/api.ts'

/** Ports of this machine: where Envoy listens, and what it leads to. */
export interface EnvoyPorts {
  readonly entry: number
  readonly token: number
  readonly grpc: number
  readonly registry: number
}

/** What a control plane tells an Envoy, as far as it is changed where a configuration is made of it. */
export interface Translated {
  readonly listeners: readonly Json[]
  readonly clusters: readonly Json[]
  readonly routes: readonly Json[]
}

export interface Listener {
  readonly name: string
  address: Json
  listenerFilters?: unknown
  readonly filterChains: FilterChain[]
}

export interface FilterChain {
  filterChainMatch?: { readonly destinationPort?: number }
  transportSocket?: Json
  filters: { readonly name: string; readonly typedConfig: Connections }[]
}

/** An HttpConnectionManager. */
export interface Connections {
  rds?: { readonly routeConfigName: string }
  routeConfig?: unknown
  httpFilters: { readonly name: string }[]
}

export interface Cluster {
  readonly name: string
  type: string
  lbPolicy?: string
  edsClusterConfig?: unknown
  transportSocketMatches?: unknown
  filters?: unknown
  loadAssignment?: Json
}

export interface Mutable {
  readonly listeners: Listener[]
  readonly clusters: Cluster[]
  readonly routes: { name: string; virtualHosts: { domains: string[] }[] }[]
}

/** A copy of it that can be changed. */
export function mutable({ listeners, clusters, routes }: Translated): Mutable {
  return structuredClone({ listeners, clusters, routes }) as unknown as Mutable
}

/** Puts the routes, of any host name, where Envoy would ask for them. */
export function placeRoutes(connections: Connections, routes: Mutable['routes']): void {
  const { routeConfigName } = connections.rds ?? fail('no routes by name')
  delete connections.rds
  const routeConfig = only(routes.filter(({ name }) => name === routeConfigName))
  only(routeConfig.virtualHosts).domains = ['*']
  connections.routeConfig = routeConfig
}

/** Makes a cluster one address, that of a port here. */
export function place(cluster: Cluster, port: number): void {
  delete cluster.edsClusterConfig
  cluster.type = 'STATIC'
  cluster.loadAssignment = {
    clusterName: cluster.name,
    endpoints: [
      {
        lbEndpoints: [{ endpoint: { address: address(port) }, loadBalancingWeight: 1 }],
        loadBalancingWeight: 1,
        locality: { region: cluster.name },
      },
    ],
  }
}

export function address(port: number): Json {
  return { socketAddress: { address: '127.0.0.1', portValue: port } }
}

export function only<T>(list: readonly T[]): T {
  const [one] = list
  return one === undefined || list.length > 1 ? fail(`${list.length} in place of one`) : one
}

export function fail(why: string): never {
  throw new Error(`the translation is another than was thought: ${why}`)
}
