import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

/** The repository, from dist/test/support. */
const ROOT = path.resolve(import.meta.dirname, '../../..')

type Json = Readonly<Record<string, unknown>>

export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly required?: boolean
}

export interface Operation {
  readonly path: string
  readonly method: 'get' | 'post'
  /** On the operations port, not on that of tokens. */
  readonly forCluster: boolean
  readonly parameters: readonly Parameter[]
  /** Names of the fields of its form. */
  readonly fields: readonly string[]
  /** Why an answer is none that is documented; undefined if it is. */
  flawOf(answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }): string | undefined
}

interface Described {
  readonly servers?: readonly { readonly url: string }[]
  readonly [method: string]: unknown
}

interface WrittenOperation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> }
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Json }>> }>
  >
}

/** Every operation of docs/openapi.yaml. */
export function operations(): readonly Operation[] {
  const document = parse(readFileSync(path.join(ROOT, 'docs/openapi.yaml'), 'utf8'), {
    merge: true,
  }) as Json
  const { paths } = inlined(document, document) as { paths: Readonly<Record<string, Described>> }
  return Object.entries(paths).flatMap(([at, described]) =>
    (['get', 'post'] as const).flatMap((method) => {
      const written = described[method] as WrittenOperation | undefined
      if (written === undefined) return []
      const forCluster = described.servers !== undefined
      return [operationOf({ path: at, method, forCluster }, written)]
    }),
  )
}

function operationOf(
  place: Pick<Operation, 'path' | 'method' | 'forCluster'>,
  { parameters = [], requestBody, responses }: WrittenOperation,
): Operation {
  const form = Object.values(requestBody?.content ?? {})[0]?.schema['properties'] ?? {}
  return {
    ...place,
    parameters,
    fields: Object.keys(form),
    flawOf({ status, headers, body }) {
      const answer = responses[status]
      if (answer === undefined) return `status ${status} is not documented: ${body}`
      const type = (headers['content-type'] ?? '').split(';')[0] ?? ''
      const content = answer.content[type]
      if (content === undefined) return `${status}: "${type}" is not documented`
      if (type === 'text/plain') return undefined
      const read = z.fromJSONSchema(content.schema).safeParse(JSON.parse(body))
      return read.success ? undefined : `${status}: ${read.error.message}: ${body}`
    },
  }
}

/** With what each `$ref` names in its place. */
function inlined(value: unknown, document: Json): unknown {
  if (Array.isArray(value)) return value.map((one) => inlined(one, document))
  if (typeof value !== 'object' || value === null) return value
  const { $ref } = value as { $ref?: string }
  if ($ref !== undefined) {
    const found = $ref
      .split('/')
      .slice(1)
      .reduce((at: unknown, key) => (at as Json)[key], document)
    return inlined(found, document)
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, inlined(one, document)]),
  )
}
