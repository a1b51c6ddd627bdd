import type { Json } from '../kubernetes/api.ts'
import {
  address,
  fail,
  mutable,
  only,
  place,
  placeRoutes,
  type Cluster,
  type EnvoyPorts,
  type FilterChain,
  type Listener,
} from '../static-envoy.ts'
import type { Translation } from './translation.ts'

const HTTP = 'envoy.filters.network.http_connection_manager'

/** The Service of a cluster, and the port that it leads to here. */
const LEADS_TO: Readonly<Record<string, keyof EnvoyPorts>> = {
  'outbound|80||rauth.registry.svc.cluster.local': 'token',
  'outbound|9191||rauth-gateway.registry.svc.cluster.local': 'grpc',
  'outbound|5000||rauth-registry.registry.svc.cluster.local': 'registry',
}

/**
 * What istiod tells the Envoy of the ingress gateway as a configuration that Envoy reads from a file. Routes
 * stand in their listener and addresses in their clusters, where Envoy would be sent them; there is
 * no TLS, and so any host name. Filters that only Istio's own build of Envoy has are left out: what they do is
 * telemetry and the choice of a protocol to sidecars. Nothing else is changed. Throws where one of
 * these is not found.
 */
export function gatewayConfig(translation: Translation, ports: EnvoyPorts): Json {
  const { listeners, clusters, routes } = mutable(translation)
  const listener = only(listeners)
  const chain = only(listener.filterChains)
  delete chain.filterChainMatch
  delete chain.transportSocket
  listen(listener, ports.entry)
  placeRoutes(connectionsOf(chain), routes)
  const led = clusters.filter(({ name }) => name in LEADS_TO)
  for (const cluster of led) leadTo(cluster, ports[LEADS_TO[cluster.name] ?? fail(cluster.name)])
  return { staticResources: { listeners: [listener], clusters: led } }
}

export interface SidecarOptions {
  readonly entry: number
  readonly registry: number
  /** Files of PEM: what istiod's agent would hand it. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly authority: string }
}

/** The same of the sidecar of the registry: what it does with what comes to the registry's port, by mTLS. */
export function sidecarConfig(translation: Translation, options: SidecarOptions): Json {
  const { listeners, clusters } = mutable(translation)
  const listener = only(listeners)
  const isRegistry = ({ filterChainMatch }: FilterChain) =>
    filterChainMatch?.destinationPort === 5000
  const chain = only(listener.filterChains.filter(isRegistry))
  delete chain.filterChainMatch
  useFiles(chain.transportSocket ?? fail('no TLS'), options.tls)
  connectionsOf(chain)
  listen(listener, options.entry)
  const cluster = only(clusters)
  leadTo(cluster, options.registry)
  return {
    staticResources: { listeners: [{ ...listener, filterChains: [chain] }], clusters: [cluster] },
  }
}

function listen(listener: Listener, port: number): void {
  listener.address = address(port)
  // They are for the traffic that a pod's firewall redirects.
  delete listener.listenerFilters
}

/** Leaves in a chain what any Envoy has. */
function connectionsOf(chain: FilterChain) {
  const isIstios = ({ name }: { readonly name: string }) => name.startsWith('istio.')
  chain.filters = chain.filters.filter((one) => !isIstios(one))
  const { name, typedConfig } = only(chain.filters)
  if (name !== HTTP) fail(`${name} in place of ${HTTP}`)
  typedConfig.httpFilters = typedConfig.httpFilters.filter((one) => !isIstios(one))
  return typedConfig
}

function leadTo(cluster: Cluster, port: number): void {
  delete cluster.transportSocketMatches
  delete cluster.filters
  // It is the balancing of a cluster whose addresses are those that were asked for.
  if (cluster.lbPolicy === 'CLUSTER_PROVIDED') delete cluster.lbPolicy
  place(cluster, port)
}

interface TlsContext {
  readonly typedConfig: {
    readonly requireClientCertificate: boolean
    commonTlsContext: {
      tlsCertificateSdsSecretConfigs?: unknown
      combinedValidationContext?: { readonly defaultValidationContext: Json }
      tlsCertificates?: unknown
      validationContext?: unknown
    }
  }
}

function useFiles(socket: Json, { certificate, key, authority }: SidecarOptions['tls']): void {
  const { commonTlsContext: context, requireClientCertificate } = (socket as unknown as TlsContext)
    .typedConfig
  if (!requireClientCertificate) fail('clients need no certificate')
  const { defaultValidationContext } = context.combinedValidationContext ?? fail('no validation')
  delete context.combinedValidationContext
  delete context.tlsCertificateSdsSecretConfigs
  const file = (filename: string) => ({ filename })
  context.tlsCertificates = [{ certificateChain: file(certificate), privateKey: file(key) }]
  context.validationContext = { ...defaultValidationContext, trustedCa: file(authority) }
}
