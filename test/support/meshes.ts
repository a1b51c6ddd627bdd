import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { goModule } from '../../tools/parts/go-module.ts'
import type { Json } from './kubernetes/api.ts'

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

/** The CustomResourceDefinitions of Istio, of Envoy Gateway and of the Gateway API. */
export async function meshDefinitions(): Promise<readonly Json[]> {
  const folder = path.join(await envoyGateway(), ENVOY_GATEWAY)
  const names = await readdir(folder, { recursive: true })
  const files = [
    path.join(await istioApi(), ISTIO),
    ...names.filter((name) => name.endsWith('.yaml')).map((name) => path.join(folder, name)),
  ]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Json | null))
    .filter((object) => object !== null)
    .filter((object) => object['kind'] === 'CustomResourceDefinition')
}
