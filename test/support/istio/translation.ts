import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { findPart } from '../../../tools/parts/install.ts'
import type { Json } from '../kubernetes/api.ts'
import { manifestsOf } from '../kubernetes/manifests.ts'
import { recordIn } from '../record.ts'
import { run } from '../run.ts'

/** The repository, from dist/test/support/istio. */
const ROOT = path.resolve(import.meta.dirname, '../../../..')
const EXAMPLE = path.join(ROOT, 'examples/deploy/istio')
const MESH = path.join(EXAMPLE, 'istiod-values.yaml')
const HERE = path.join(ROOT, 'test/support/istio')
const OBJECTS = [
  path.join(HERE, 'cluster.yaml'),
  path.join(EXAMPLE, 'ingress-gateway.yaml'),
  path.join(EXAMPLE, 'sidecar.yaml'),
  path.join(EXAMPLE, 'envoy-filter.yaml'),
]

/** What istiod tells an Envoy. */
export interface Translation {
  readonly listeners: readonly Json[]
  readonly clusters: readonly Json[]
  readonly routes: readonly Json[]
}

/** What it tells those of the example: the ingress gateway, and the sidecar of the registry. */
export interface Translations {
  readonly gateway: Translation
  readonly sidecar: Translation
}

/** What istiod made of the example. */
export const RECORDED = recordIn<Translations>(path.join(HERE, 'translated.json'), [
  ...[MESH, ...OBJECTS],
])

/** What istiod's own code makes of the example; `undefined` where the program around it is not there. */
export async function translate(): Promise<Translations | undefined> {
  const program = await findPart('istio-translate')
  if (program === undefined) return undefined
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-istio-'))
  try {
    const texts = await Promise.all(OBJECTS.map((file) => readFile(file, 'utf8')))
    const manifests = texts.flatMap(manifestsOf)
    const isIstio = ({ object }: { object: Json }) =>
      /\.istio\.io\//.test(String(object['apiVersion']))
    const { meshConfig } = parse(await readFile(MESH, 'utf8')) as { meshConfig: Json }
    const files = {
      mesh: stringify(meshConfig),
      configs: documents(manifests.filter(isIstio)),
      objects: documents(manifests.filter((one) => !isIstio(one))),
    }
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
    const args = Object.keys(files).map((name) => `--${name}=${path.join(folder, name)}`)
    const { code, stdout, output } = await run(program, args)
    if (code !== 0) throw new Error(`istio-translate: ${output}`)
    return partsOf(JSON.parse(stdout) as Translations)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function documents(manifests: readonly { readonly object: Json }[]): string {
  return manifests.map(({ object }) => stringify(object)).join('\n---\n')
}

/** What of it is run, in an order that does not change. */
function partsOf({ gateway, sidecar }: Translations): Translations {
  const named = (list: readonly Json[], ...names: readonly string[]) =>
    list.filter(({ name }) => names.includes(String(name)))
  return {
    gateway: {
      listeners: gateway.listeners,
      clusters: [...gateway.clusters].sort(byName),
      routes: [...gateway.routes].sort(byName),
    },
    sidecar: {
      listeners: named(sidecar.listeners, 'virtualInbound'),
      clusters: named(sidecar.clusters, 'inbound|5000||'),
      routes: [],
    },
  }
}

const byName = (a: Json, b: Json) => (String(a['name']) < String(b['name']) ? -1 : 1)
