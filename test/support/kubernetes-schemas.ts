import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parseAllDocuments } from 'yaml'
import { goModule } from '../../tools/parts/go-module.ts'

/** Of the published Go modules that carry schemas. */
const VERSIONS = {
  'istio.io/api': '1.31.1',
  'github.com/envoyproxy/gateway': '1.9.1',
  'k8s.io/kubectl': '0.37.0',
} as const

export type Json = Readonly<Record<string, unknown>>

/** What is wrong with an object, one line each. */
export type Problems = readonly string[]

/** Checks objects as a kube-apiserver with strict field validation would, but for CEL rules. */
export interface Schemas {
  problemsOf(object: Json): Problems
}

const GATEWAY_CRDS = 'charts/gateway-helm/charts/crds/crds'
const KINDS_OF_KUBERNETES = 'testdata/openapi/swagger.json'
const CORE: Readonly<Record<string, string>> = { 'v1 Service': 'io.k8s.api.core.v1.Service' }

/** The schemas of Istio, Envoy Gateway and the Gateway API, and of the core kinds that are used. */
export async function loadSchemas(): Promise<Schemas> {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const found = new Map<string, Json>()
  for (const text of await crdTexts()) {
    for (const crd of parseAllDocuments(text).map((one) => one.toJS() as Crd | null)) {
      if (crd?.kind !== 'CustomResourceDefinition') continue
      for (const { name, served, schema } of crd.spec.versions) {
        if (!served) continue
        found.set(`${crd.spec.group}/${name} ${crd.spec.names.kind}`, schema.openAPIV3Schema)
      }
    }
  }
  const core = await coreDefinitions()
  for (const [kind, name] of Object.entries(CORE)) {
    found.set(kind, { definitions: core, $ref: `#/definitions/${name}` })
  }
  const checks = new Map<string, ValidateFunction>()
  /** Compiled when wanted: of some hundred kinds a few are. */
  function checkOf(kind: string): ValidateFunction | undefined {
    const schema = found.get(kind)
    if (schema === undefined) return undefined
    const check =
      checks.get(kind) ?? ajv.compile('$ref' in schema ? schema : strictly(schema, true))
    checks.set(kind, check)
    return check
  }
  return {
    problemsOf(object) {
      const kind = `${String(object['apiVersion'])} ${String(object['kind'])}`
      const check = checkOf(kind)
      if (check === undefined) return [`no schema for ${kind}`]
      if (check(object)) return []
      return (check.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${kind}${instancePath}: ${message ?? ''} ${JSON.stringify(params)}`,
      )
    },
  }
}

interface Crd {
  readonly kind: string
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly served: boolean
      readonly schema: { readonly openAPIV3Schema: Json }
    }[]
  }
}

/** The folder of a module's files. */
export async function schemaModule(name: keyof typeof VERSIONS): Promise<string> {
  return goModule(name, VERSIONS[name])
}

async function crdTexts(): Promise<readonly string[]> {
  const istio = await schemaModule('istio.io/api')
  const folder = path.join(await schemaModule('github.com/envoyproxy/gateway'), GATEWAY_CRDS)
  const names = await readdir(folder, { recursive: true })
  const files = [
    path.join(istio, 'kubernetes/customresourcedefinitions.gen.yaml'),
    ...names.filter((name) => name.endsWith('.yaml')).map((name) => path.join(folder, name)),
  ]
  return Promise.all(files.map((file) => readFile(file, 'utf8')))
}

async function coreDefinitions(): Promise<Json> {
  const file = path.join(await schemaModule('k8s.io/kubectl'), KINDS_OF_KUBERNETES)
  const { definitions } = JSON.parse(await readFile(file, 'utf8')) as { definitions: Json }
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, strictly(schema as Json, false)]),
  )
}

const KEPT = [
  ...['type', 'enum', 'required', '$ref', 'pattern', 'minimum', 'maximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  'uniqueItems',
]
/** Value checks beside a structural schema: they name fields and allow others. */
const COMBINED = ['allOf', 'anyOf', 'oneOf'] as const

/** An OpenAPI schema of Kubernetes → a JSON schema in which a field that is not known is an error. */
function strictly(schema: Json, isRoot: boolean, isStructural = true): Json {
  if (schema['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] }
  if (schema['format'] === 'int-or-string') return { type: ['integer', 'string'] }
  const kept: Record<string, unknown> = {}
  for (const key of KEPT) if (key in schema) kept[key] = schema[key]
  if (schema['nullable'] === true && typeof schema['type'] === 'string') {
    kept['type'] = [schema['type'], 'null']
  }
  for (const key of COMBINED) {
    const all = schema[key] as readonly Json[] | undefined
    if (all !== undefined) kept[key] = all.map((one) => strictly(one, false, false))
  }
  if (schema['not'] !== undefined) kept['not'] = strictly(schema['not'] as Json, false, false)
  const items = schema['items'] as Json | undefined
  if (items !== undefined) kept['items'] = strictly(items, false, isStructural)
  const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined
  if (properties !== undefined) {
    const strict = Object.entries(properties).map(([name, one]) => [
      name,
      strictly(one, false, isStructural),
    ])
    kept['properties'] = {
      ...(Object.fromEntries(strict) as Json),
      ...(isRoot ? OBJECT : {}),
    }
  }
  const others = schema['additionalProperties']
  if (typeof others === 'object') {
    kept['additionalProperties'] = strictly(others as Json, false, isStructural)
  } else if (
    isStructural &&
    (properties !== undefined || schema['type'] === 'object') &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  ) {
    kept['additionalProperties'] = false
  }
  return kept
}

/** Of ObjectMeta what people write; a CRD says nothing of it. */
const TEXTS = { type: 'object', additionalProperties: { type: 'string' } }
const METADATA = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    ...{ labels: TEXTS, annotations: TEXTS },
  },
  required: ['name', 'namespace'],
  additionalProperties: false,
}

/** What every object has, whether its CRD says so or not. */
const OBJECT = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: METADATA }

export function documentsOf(text: string): readonly Json[] {
  return parseAllDocuments(text).map((one) => {
    const [error] = one.errors
    if (error !== undefined) throw error
    return one.toJS() as Json
  })
}
