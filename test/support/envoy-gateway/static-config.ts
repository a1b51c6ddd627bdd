import type { Json } from '../kubernetes/api.ts'
import {
  address,
  fail,
  mutable,
  only,
  place,
  placeRoutes,
  type EnvoyPorts,
} from '../static-envoy.ts'
import type { Translation } from './translation.ts'

/** The listener of the Gateway; the other one answers probes. */
const LISTENER = 'registry/registry/https'

/** By the object that a cluster was made of. */
const LEADS_TO: Readonly<Record<string, keyof EnvoyPorts>> = {
  'httproute/registry/registry/rule/0': 'registry',
  'httproute/registry/registry-token/rule/0': 'token',
  'securitypolicy/registry/registry/extauth/0': 'grpc',
}

/**
 * What Envoy Gateway tells its Envoy as a configuration that Envoy reads from a file. Routes stand in
 * their listener and addresses in their clusters, where Envoy would be sent them; and there is no TLS,
 * and so any host name. Nothing else is changed. Throws where one of these is not found.
 */
export function staticConfig(translation: Translation, ports: EnvoyPorts): Json {
  const { listeners, clusters, routes } = mutable(translation)
  const listener = only(listeners.filter(({ name }) => name === LISTENER))
  listener.address = address(ports.entry)
  const chain = only(listener.filterChains)
  delete chain.filterChainMatch
  delete chain.transportSocket
  delete listener.listenerFilters
  placeRoutes(only(chain.filters).typedConfig, routes)
  for (const cluster of clusters) {
    const to = LEADS_TO[cluster.name] ?? fail(`where does ${cluster.name} lead to?`)
    place(cluster, ports[to])
  }
  const { overloadManager } = translation
  return { staticResources: { listeners: [listener], clusters }, overloadManager }
}
