import { readFile } from 'node:fs/promises'
import { isMap, isSeq, parseDocument, type Document } from 'yaml'

export interface EnvoyPorts {
  readonly envoy: number
  readonly token: number
  readonly gateway: number
  readonly registry: number
}

export interface EnvoyOptions {
  /** The configuration that the repository ships. */
  readonly template: string
  readonly ports: EnvoyPorts
  /**
   * False takes Envoy's own path normalization away, to show that the gateway does not need it.
   * Only tests do that.
   */
  readonly normalize?: boolean
  /** Any other change; only tests make one. */
  readonly edit?: ((document: Document) => void) | undefined
}

const LISTENER = ['static_resources', 'listeners', 0]
const MANAGER = [...LISTENER, 'filter_chains', 0, 'filters', 0, 'typed_config']

/** The shipped configuration with nothing changed but ports (and what tests change). */
export async function envoyConfig({
  template,
  ports,
  normalize = true,
  edit,
}: EnvoyOptions): Promise<string> {
  const document = parseDocument(await readFile(template, 'utf8'))
  setPort(document, [...LISTENER, 'address'], ports.envoy)
  const clusters: unknown = document.getIn(['static_resources', 'clusters'])
  if (!isSeq(clusters)) throw new Error(`${template} has no clusters`)
  const wanted: Readonly<Record<string, number>> = {
    'rauth-gateway': ports.gateway,
    'rauth-token': ports.token,
    registry: ports.registry,
  }
  for (const [name, port] of Object.entries(wanted)) {
    const index = clusters.items.findIndex((one) => isMap(one) && one.get('name') === name)
    if (index < 0) throw new Error(`${template} has no cluster ${name}`)
    const endpoint = ['load_assignment', 'endpoints', 0, 'lb_endpoints', 0, 'endpoint', 'address']
    setPort(document, ['static_resources', 'clusters', index, ...endpoint], port)
  }
  if (!normalize) {
    document.setIn([...MANAGER, 'normalize_path'], false)
    document.setIn([...MANAGER, 'merge_slashes'], false)
    document.setIn([...MANAGER, 'path_with_escaped_slashes_action'], 'KEEP_UNCHANGED')
  }
  edit?.(document)
  return document.toString()
}

function setPort(document: Document, address: readonly unknown[], port: number): void {
  const place = [...address, 'socket_address', 'port_value']
  if (!document.hasIn(place)) throw new Error(`no ${place.join('.')} in the Envoy configuration`)
  document.setIn(place, port)
}
