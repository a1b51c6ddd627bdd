import { until } from '../until.ts'
import type { Api } from './api.ts'

/** Of a CustomResourceDefinition what is needed to find its objects. */
interface Definition {
  readonly group: string
  readonly names: { readonly plural: string }
  readonly versions: readonly { readonly name: string; readonly served: boolean }[]
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** Milliseconds. */
const SERVED_LIMIT = 60_000

/** Makes kinds known to the API server, from the YAML of each, and waits until it serves them all. */
export async function define(api: Api, texts: readonly string[]): Promise<void> {
  const made = await Promise.all(texts.map((text) => api.expect('POST', DEFINITIONS, text)))
  for (const { spec } of made) {
    const { group, names, versions } = spec as Definition
    for (const { name, served } of versions) {
      if (!served) continue
      await until(`${names.plural} of ${group}/${name}`, SERVED_LIMIT, async () => {
        const { body } = await api.send('GET', `/apis/${group}/${name}`)
        const resources = (body['resources'] ?? []) as readonly { readonly name: string }[]
        return resources.some((resource) => resource.name === names.plural)
      })
    }
  }
}
