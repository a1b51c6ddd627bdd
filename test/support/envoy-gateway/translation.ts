import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { findPart } from '../../../tools/parts/install.ts'
import type { Json } from '../kubernetes/api.ts'
import { recordIn } from '../record.ts'
import { run } from '../run.ts'
import { tlsAuthority } from '../tls-certificates.ts'

/** The repository, from dist/test/support/envoy-gateway. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const EXAMPLE = path.join(ROOT, 'examples/deploy/envoy-gateway/envoy-gateway.yaml')
const CLUSTER = path.join(ROOT, 'test/support/envoy-gateway/cluster.yaml')
const RECORD = path.join(ROOT, 'test/support/envoy-gateway/translated.json')

/** What Envoy Gateway tells its Envoy. */
export interface Translation {
  readonly listeners: readonly Json[]
  readonly clusters: readonly Json[]
  readonly routes: readonly Json[]
  /** Of what it is started with: what happens when connections or memory come to their end. */
  readonly overloadManager: Json
}

/** What Envoy Gateway made of the example. */
export const RECORDED = recordIn<Translation>(RECORD, [EXAMPLE, CLUSTER])

/** What Envoy Gateway itself makes of the example; `undefined` where its egctl is not there. */
export async function translate(): Promise<Translation | undefined> {
  const egctl = await findPart('egctl')
  if (egctl === undefined) return undefined
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-envoy-gateway-'))
  try {
    const authority = await tlsAuthority('of the listener')
    const { certificate, key } = await authority.issue('registry.example')
    const data = Object.entries({ 'tls.crt': certificate, 'tls.key': key }).map(([name, pem]) => [
      name,
      Buffer.from(pem).toString('base64'),
    ])
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls' },
      metadata: { name: 'registry-tls', namespace: 'registry' },
      data: Object.fromEntries(data) as Json,
    }
    const texts = await Promise.all([CLUSTER, EXAMPLE].map((file) => readFile(file, 'utf8')))
    const input = path.join(folder, 'objects.yaml')
    await writeFile(input, [stringify(secret), ...texts].join('\n---\n'))
    const from = ['--from', 'gateway-api', '--to', 'xds', '-t', 'all', '-o', 'json']
    const { code, stdout, output } = await run(egctl, ['x', 'translate', ...from, '-f', input])
    if (code !== 0) throw new Error(`egctl x translate: ${output}`)
    return partsOf(JSON.parse(stdout) as Dump)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** envoy.admin.v3.ConfigDump of each Gateway. */
interface Dump {
  readonly xds: Readonly<Record<string, { readonly configs: readonly DumpedConfig[] }>>
}

interface DumpedConfig {
  readonly bootstrap?: { readonly overloadManager?: Json }
  readonly dynamicListeners?: readonly { readonly activeState: { readonly listener: Json } }[]
  readonly dynamicActiveClusters?: readonly { readonly cluster: Json }[]
  readonly dynamicRouteConfigs?: readonly { readonly routeConfig: Json }[]
}

function partsOf({ xds }: Dump): Translation {
  const configs = Object.values(xds).flatMap((gateway) => gateway.configs)
  const started = configs.find(({ bootstrap }) => bootstrap !== undefined)?.bootstrap
  return {
    overloadManager: started?.overloadManager ?? {},
    listeners: configs.flatMap(({ dynamicListeners = [] }) =>
      dynamicListeners.map(({ activeState }) => typed(activeState.listener)),
    ),
    clusters: configs.flatMap(({ dynamicActiveClusters = [] }) =>
      dynamicActiveClusters.map(({ cluster }) => typed(cluster)),
    ),
    routes: configs.flatMap(({ dynamicRouteConfigs = [] }) =>
      dynamicRouteConfigs.map(({ routeConfig }) => typed(routeConfig)),
    ),
  }
}

/** Of a google.protobuf.Any the message: by where it stands its type is known. */
function typed(any: Json): Json {
  return Object.fromEntries(Object.entries(any).filter(([key]) => key !== '@type'))
}
