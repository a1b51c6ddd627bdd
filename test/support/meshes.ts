import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { goModule } from '../../tools/parts/go-module.ts'

/** The folder of Istio's published definitions. */
export function istioApi(): Promise<string> {
  return goModule('istio.io/api', '1.31.1')
}

function envoyGateway(): Promise<string> {
  return goModule('github.com/envoyproxy/gateway', '1.9.1')
}

const ISTIO = 'kubernetes/customresourcedefinitions.gen.yaml'
/** With those of the Gateway API in the release that it is made for. */
const ENVOY_GATEWAY = 'charts/gateway-helm/charts/crds/crds'

/** Of Traefik, a file each kind. */
const TRAEFIK = 'docs/content/reference/dynamic-configuration'

/** Names of the definitions of all that the examples for meshes and proxies have. */
export const DEPLOY_DEFINITIONS = [
  ...['gateways.networking.istio.io', 'virtualservices.networking.istio.io'],
  'envoyfilters.networking.istio.io',
  ...['authorizationpolicies.security.istio.io', 'peerauthentications.security.istio.io'],
  ...['gateways.gateway.networking.k8s.io', 'httproutes.gateway.networking.k8s.io'],
  ...[
    'clienttrafficpolicies.gateway.envoyproxy.io',
    'securitypolicies.gateway.envoyproxy.io',
    'backendtrafficpolicies.gateway.envoyproxy.io',
    'envoyproxies.gateway.envoyproxy.io',
    'httproutefilters.gateway.envoyproxy.io',
  ],
]

/** Definitions of Traefik's objects, as text. */
export async function traefikDefinitions(): Promise<readonly string[]> {
  const folder = path.join(await goModule('github.com/traefik/traefik/v3', '3.6.12'), TRAEFIK)
  const files = ['traefik.io_ingressroutes.yaml', 'traefik.io_middlewares.yaml']
  return Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')))
}

/**
 * CustomResourceDefinitions of Istio, of Envoy Gateway and of the Gateway API by their names, as text:
 * there are megabytes of them, which the API server reads more quickly than we would.
 */
export async function meshDefinitions(names: readonly string[]): Promise<readonly string[]> {
  const folder = path.join(await envoyGateway(), ENVOY_GATEWAY)
  const entries = await readdir(folder, { recursive: true })
  const files = [
    path.join(await istioApi(), ISTIO),
    ...entries.filter((name) => name.endsWith('.yaml')).map((name) => path.join(folder, name)),
  ]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const documents = texts.flatMap((text) => text.split(/^---$/m))
  return names.map((name) => {
    const found = documents.find((document) => document.includes(`\n  name: ${name}\n`))
    if (found === undefined) throw new Error(`no definition is called ${name}`)
    return found
  })
}
