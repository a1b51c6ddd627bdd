import { until } from '../until.ts'
import type { Api, Json } from './api.ts'

/** Of a CustomResourceDefinition what is needed to find its objects. */
interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly plural: string }
    readonly versions: readonly { readonly name: string; readonly served: boolean }[]
  }
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** Milliseconds. */
const SERVED_LIMIT = 60_000

/** Makes the kinds known to the API server, and waits until it serves them all. */
export async function define(api: Api, definitions: readonly Json[]): Promise<void> {
  for (const definition of definitions) await api.expect('POST', DEFINITIONS, definition)
  for (const { spec } of definitions as unknown as readonly Definition[]) {
    for (const { name, served } of spec.versions) {
      if (!served) continue
      const what = `${spec.names.plural} of ${spec.group}/${name}`
      await until(what, SERVED_LIMIT, async () => {
        const { body } = await api.send('GET', `/apis/${spec.group}/${name}`)
        const resources = (body['resources'] ?? []) as readonly { readonly name: string }[]
        return resources.some((resource) => resource.name === spec.names.plural)
      })
    }
  }
}
