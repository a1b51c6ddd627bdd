import { readFile } from 'node:fs/promises'
import { parseDocument, type Document } from 'yaml'
import { endpointsOf, LISTENER, MANAGER, type Place } from './places.ts'

export interface EnvoyPorts {
  readonly envoy: number
  readonly token: number
  readonly gateway: number
  readonly registry: number
}

export interface EnvoyOptions {
  /** A configuration that the repository ships. */
  readonly template: string
  readonly ports: EnvoyPorts
  /**
   * False takes Envoy's own path normalization away, to show that the gateway does not need it.
   * Only tests do that.
   */
  readonly normalize?: boolean
  /** Any other change; only tests make one. */
  readonly edit?: ((document: Document) => void) | undefined
  /** A second listener that is the first one with TLS. Only tests have that. */
  readonly tls?: { readonly port: number; readonly certificate: string; readonly key: string }
}

/** The shipped configuration with nothing changed but ports (and what the options say of tests). */
export async function envoyConfig({
  template,
  ports,
  normalize = true,
  tls,
  edit,
}: EnvoyOptions): Promise<string> {
  const document = parseDocument(await readFile(template, 'utf8'))
  setPort(document, [...LISTENER, 'address'], ports.envoy)
  const wanted: Readonly<Record<string, number>> = {
    'rauth-gateway': ports.gateway,
    'rauth-token': ports.token,
    registry: ports.registry,
  }
  for (const [name, port] of Object.entries(wanted)) {
    setClusterPort(document, name, port)
  }
  if (!normalize) {
    document.setIn([...MANAGER, 'normalize_path'], false)
    document.setIn([...MANAGER, 'merge_slashes'], false)
    document.setIn([...MANAGER, 'path_with_escaped_slashes_action'], 'KEEP_UNCHANGED')
  }
  if (tls !== undefined) addTlsListener(document, tls)
  edit?.(document)
  return document.toString()
}

/** Of the first endpoint of a cluster. */
export function setClusterPort(document: Document, cluster: string, port: number): void {
  setPort(document, [...endpointsOf(document, cluster), 0, 'endpoint', 'address'], port)
}

function addTlsListener(document: Document, tls: NonNullable<EnvoyOptions['tls']>): void {
  const listeners = ['static_resources', 'listeners']
  document.addIn(listeners, document.createNode(listenersOf(document)[0]))
  const added = [...listeners, 1]
  document.setIn([...added, 'name'], 'registry-tls')
  setPort(document, [...added, 'address'], tls.port)
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
  const certificate = {
    certificate_chain: { filename: tls.certificate },
    private_key: { filename: tls.key },
  }
  const common_tls_context = { alpn_protocols: ['h2', 'http/1.1'], tls_certificates: [certificate] }
  const socket = { name: 'tls', typed_config: { '@type': type, common_tls_context } }
  document.setIn([...added, 'filter_chains', 0, 'transport_socket'], document.createNode(socket))
}

function listenersOf(document: Document): readonly unknown[] {
  const whole = document.toJS() as { static_resources: { listeners: readonly unknown[] } }
  return whole.static_resources.listeners
}

function setPort(document: Document, address: Place, port: number): void {
  const place = [...address, 'socket_address', 'port_value']
  if (!document.hasIn(place)) throw new Error(`no ${place.join('.')} in the Envoy configuration`)
  document.setIn(place, port)
}
