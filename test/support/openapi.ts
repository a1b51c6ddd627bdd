import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import type { Answer } from './http.ts'

/** The document, from dist/test/support. */
export const OPENAPI = path.resolve(import.meta.dirname, '../../../docs/openapi.yaml')

export interface Described {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>>
  }
}

type PathItem = Readonly<Record<string, unknown>>

interface Operation {
  readonly responses: Readonly<Record<string, Reference>>
}

interface Reference {
  readonly $ref?: string
}

interface Response {
  readonly content?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, Reference>>
}

const METHODS = ['get', 'post'] as const

/** Headers that an answer may do without where they are described. */
const OPTIONAL = ['Link']

/** What docs/openapi.yaml says, and what of an answer it does not say. */
export interface OpenApi {
  readonly document: Described
  /** Each `GET /token 200` that is described. */
  readonly described: readonly string[]
  /** What is wrong with an answer; nothing: it is as described. */
  problems(method: string, template: string, answer: Answer): readonly string[]
}

export function readOpenApi(): OpenApi {
  const document = parse(readFileSync(OPENAPI, 'utf8')) as Described
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema(document, 'openapi.yaml', undefined, false)
  const validators = new Map<string, ValidateFunction>()

  function validator(pointer: string): ValidateFunction {
    const known = validators.get(pointer)
    if (known !== undefined) return known
    const made = ajv.compile({ $ref: `openapi.yaml#${pointer}` })
    validators.set(pointer, made)
    return made
  }

  /** What stands at a pointer, and where it does in the end. */
  function at(pointer: string): readonly [pointer: string, value: unknown] {
    let value: unknown = document
    for (const key of pointer.split('/').slice(1)) {
      value = (value as PathItem | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')]
    }
    const { $ref } = (value ?? {}) as Reference
    return $ref === undefined ? [pointer, value] : at($ref.slice(1))
  }

  function flaws(what: string, pointer: string, value: unknown): readonly string[] {
    const validate = validator(pointer)
    return validate(value) ? [] : [`${what}: ${ajv.errorsText(validate.errors)}`]
  }

  function problems(method: string, template: string, answer: Answer): readonly string[] {
    const { status, headers, body } = answer
    const place = `/paths/${escaped(template)}/${method.toLowerCase()}/responses/${status}`
    const [pointer, response] = at(place) as readonly [string, Response | undefined]
    if (response === undefined) return [`status ${status} is not described`]
    const names = Object.keys(response.headers ?? {})
    const inHeaders = names.flatMap((name) => {
      const value = headers[name.toLowerCase()]
      if (value === undefined) return OPTIONAL.includes(name) ? [] : [`no ${name}`]
      const [header] = at(`${pointer}/headers/${escaped(name)}`)
      return flaws(name, `${header}/schema`, value)
    })
    const type = (headers['content-type'] ?? '').split(';')[0] ?? ''
    if (response.content?.[type] === undefined) return [...inHeaders, `type ${type}`]
    const value: unknown = type.endsWith('json') ? JSON.parse(body) : body
    return [...inHeaders, ...flaws(body, `${pointer}/content/${escaped(type)}/schema`, value)]
  }

  return { document, described: describedBy(document), problems }
}

function describedBy({ paths }: Described): readonly string[] {
  return Object.entries(paths).flatMap(([template, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined
      const statuses = Object.keys(operation?.responses ?? {})
      return statuses.map((status) => `${method.toUpperCase()} ${template} ${status}`)
    }),
  )
}

/** RFC 6901. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
