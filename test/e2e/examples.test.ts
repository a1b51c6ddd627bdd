import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { documentsOf, loadSchemas, type Json, type Schemas } from '../support/kubernetes-schemas.ts'
import { meshConfigProblems } from '../support/mesh-config.ts'

/** The repository, from dist/test/e2e. */
const ROOT = path.resolve(import.meta.dirname, '../../..')
const read = (name: string) => readFile(path.join(ROOT, 'examples', name), 'utf8')

describe('the examples for meshes', () => {
  let schemas: Schemas
  before(async () => {
    schemas = await loadSchemas()
  })

  const KINDS: Readonly<Record<string, readonly string[]>> = {
    'istio.yaml': ['Service', 'Gateway', 'VirtualService', 'AuthorizationPolicy'],
    'envoy-gateway.yaml': [
      ...['Service', 'Gateway', 'ClientTrafficPolicy', 'HTTPRoute', 'SecurityPolicy'],
      ...['HTTPRoute', 'ReferenceGrant'],
    ],
  }

  for (const [name, kinds] of Object.entries(KINDS)) {
    it(`${name} is what the CRDs of its project describe, and nothing else`, async () => {
      const objects = documentsOf(await read(name))
      assert.deepEqual(
        objects.map((object) => object['kind']),
        kinds,
      )
      assert.deepEqual(
        objects.flatMap((object) => schemas.problemsOf(object)),
        [],
      )
    })

    it(`of ${name} no field could be misspelt, or have another type, unseen`, async () => {
      for (const object of documentsOf(await read(name))) {
        for (const broken of misspelt(object)) {
          assert.notDeepEqual(schemas.problemsOf(broken), [], JSON.stringify(broken))
        }
      }
    })
  }

  it('istio-mesh.yaml is what Istio reads as its mesh configuration, and nothing else', async () => {
    const { meshConfig, ...rest } = parse(await read('istio-mesh.yaml')) as Json
    assert.deepEqual(rest, {})
    const config = meshConfig as Json
    assert.deepEqual(await meshConfigProblems(config), [])
    for (const broken of misspelt(config)) {
      assert.notDeepEqual(await meshConfigProblems(broken), [], JSON.stringify(broken))
    }
  })
})

/** The object with each of its fields in turn under a name that nobody knows. */
function* misspelt(object: Json): Generator<Json> {
  for (const [name, value] of Object.entries(object)) {
    const others = Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))
    yield { ...others, [`${name}x`]: value }
    for (const broken of misspeltInside(value)) yield { ...object, [name]: broken }
  }
}

function* misspeltInside(value: unknown): Generator {
  if (Array.isArray(value)) {
    const items = value as readonly unknown[]
    for (const [i, item] of items.entries()) {
      for (const broken of misspeltInside(item)) yield items.with(i, broken)
    }
  } else if (typeof value === 'object' && value !== null && !isFree(value)) {
    yield* misspelt(value as Json)
  }
}

/** Labels have any name. */
function isFree(value: object): boolean {
  return Object.keys(value).every((key) => ['istio', 'app.kubernetes.io/name'].includes(key))
}
