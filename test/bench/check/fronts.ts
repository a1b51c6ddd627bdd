import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isMap, parse, parseDocument, type Document } from 'yaml'
import { installParts } from '../../../tools/parts/install.ts'
import { startChild, untilReady, type Child } from '../../../tools/stack/child.ts'
import { envoyConfig } from '../../../tools/envoy/config.ts'
import { freePort, isListening } from '../../../tools/stack/ports.ts'

/** The repository, from dist/test/bench/check. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')

export interface Front {
  readonly child: Child
  readonly port: number
}

const MANAGER = [
  ...['static_resources', 'listeners', 0, 'filter_chains', 0, 'filters', 0, 'typed_config'],
]

/** Which of the shipped configurations, and the port of the token service where that matters. */
export interface Shipped {
  readonly file?: 'envoy.yaml' | 'fast-lane.yaml'
  readonly token?: number
  /** Threads of Envoy, of which each has a connection of its own to the gateway. */
  readonly concurrency?: number
}

/**
 * An Envoy of the shipped configuration that answers itself what gets past its filters, so that no
 * registry is measured. `edit` changes who is asked.
 */
export async function startFront(
  directory: string,
  name: string,
  gateway: number,
  edit: (document: Document) => void = () => undefined,
  { file: shipped = 'envoy.yaml', token = 1, concurrency = 1 }: Shipped = {},
): Promise<Front> {
  const { envoy } = await installParts(['envoy'])
  const port = await freePort()
  const config = await envoyConfig({
    template: path.join(ROOT, 'envoy', shipped),
    ports: { envoy: port, gateway, token, registry: 1 },
    edit(document) {
      edit(document)
      answerItself(document)
      document.deleteIn([...MANAGER, 'access_log'])
    },
  })
  const file = path.join(directory, `${name}.yaml`)
  await writeFile(file, config)
  const threads = ['--concurrency', String(concurrency)]
  const args = ['-c', file, '--disable-hot-restart', ...threads, '--log-level', 'error']
  const logFile = path.join(directory, `${name}.log`)
  const child = await startChild({ name, program: envoy, args, logFile })
  await untilReady(child, () => isListening(port))
  return { child, port }
}

/** In the place of each route to the registry. */
function answerItself(document: Document): void {
  const place = [...MANAGER, 'route_config', 'virtual_hosts', 0, 'routes']
  const { items } = document.getIn(place) as { items: readonly unknown[] }
  for (const [index, route] of items.entries()) {
    if (!isMap(route) || route.getIn(['route', 'cluster']) !== 'registry') continue
    route.delete('route')
    document.setIn(
      [...place, index, 'direct_response'],
      document.createNode({ status: 200, body: { inline_string: 'ok' } }),
    )
  }
}

/** Asks nobody: what Envoy and the load generator can do at most. */
export function withoutAuthorizer(document: Document): void {
  document.deleteIn(filterPath(document))
}

/** Envoy's own check of a token in the place of ext_authz: signature, issuer and audience, no scope. */
export function jwtAuthn(jwks: string, issuer: string, audience: string) {
  return (document: Document): void => {
    const provider = { issuer, audiences: [audience], local_jwks: { inline_string: jwks } }
    const filter = {
      name: 'envoy.filters.http.jwt_authn',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
        providers: { rauth: provider },
        rules: [{ match: { prefix: '/v2' }, requires: { provider_name: 'rauth' } }],
      },
    }
    document.setIn(filterPath(document), document.createNode(filter))
  }
}

/** ext_authz over HTTP, by the shipped pieces. */
export async function overHttp(port: number): Promise<(document: Document) => void> {
  const file = path.join(ROOT, 'envoy', 'ext-authz-http.yaml')
  const pieces = parse(await readFile(file, 'utf8')) as { filter: object; cluster: object }
  return (document) => {
    document.setIn(filterPath(document), document.createNode(pieces.filter))
    const cluster = parseDocument(JSON.stringify(pieces.cluster))
    const endpoint = ['load_assignment', 'endpoints', 0, 'lb_endpoints', 0, 'endpoint', 'address']
    cluster.setIn([...endpoint, 'socket_address', 'port_value'], port)
    const clusters = ['static_resources', 'clusters']
    document.setIn([...clusters, indexOf(document, clusters, 'rauth-gateway')], cluster.contents)
  }
}

/** How many checks Envoy has under way on a connection before it opens another. */
export function withStreams(most: number) {
  return (document: Document): void => {
    const clusters = ['static_resources', 'clusters']
    const cluster = [...clusters, indexOf(document, clusters, 'rauth-gateway')]
    const options = [...cluster, 'typed_extension_protocol_options', HTTP, 'explicit_http_config']
    document.setIn([...options, 'http2_protocol_options', 'max_concurrent_streams'], most)
  }
}

const HTTP = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

function filterPath(document: Document): readonly unknown[] {
  const filters = [...MANAGER, 'http_filters']
  return [...filters, indexOf(document, filters, 'envoy.filters.http.ext_authz')]
}

function indexOf(document: Document, list: readonly unknown[], name: string): number {
  const { items } = document.getIn(list) as { items: readonly unknown[] }
  const index = items.findIndex((one) => isMap(one) && one.get('name') === name)
  if (index < 0) throw new Error(`the Envoy configuration has no ${name}`)
  return index
}
