import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { FILES, jsonSchemaOf, type FileKind } from '../../../src/config/json-schema.ts'

interface Node {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly additionalProperties?: Node | boolean
}

/** Paths of all keys. */
function keysOf(node: Node, at: string): readonly (readonly [string, Node])[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, below]) => [
    [`${at}.${key}`, below] as const,
    ...keysOf(below, `${at}.${key}`),
  ])
  const { items, anyOf = [], additionalProperties } = node
  const others = [items, ...anyOf, additionalProperties].filter((one) => typeof one === 'object')
  return [...own, ...others.flatMap((one) => keysOf(one, at))]
}

const KINDS = Object.keys(FILES) as readonly FileKind[]

describe('the JSON Schema', () => {
  for (const kind of KINDS) {
    it(`of ${kind} says of every key what it is`, () => {
      const keys = keysOf(jsonSchemaOf(kind), kind)
      assert.ok(keys.length > 3)
      const silent = keys.filter(([, { description = '' }]) => !/[.!?)]$/.test(description))
      assert.deepEqual(
        silent.map(([key]) => key),
        [],
      )
    })

    it(`of ${kind} takes no key that the file does not`, () => {
      const read = z.fromJSONSchema(jsonSchemaOf(kind) as z.core.JSONSchema.JSONSchema)
      assert.equal(read.safeParse({ nonsense: 1 }).success, false)
    })
  }

  it('takes what the documentation shows', () => {
    const root = path.resolve(import.meta.dirname, '../../../..')
    const shown: readonly (readonly [FileKind, file: string, first: string])[] = [
      ['config', 'docs/configuration.md', '# rauth\\.yaml with its defaults'],
      ['policy', 'docs/policy.md', '# policy\\.yaml'],
      ['users', 'docs/identity.md', '# users\\.yaml'],
      ['cases', 'docs/cli.md', '# cases\\.yaml'],
    ]
    for (const [kind, file, first] of shown) {
      const page = readFileSync(path.join(root, file), 'utf8')
      const text = new RegExp(`^\`\`\`yaml\\n(${first}[^]+?)^\`\`\`$`, 'm').exec(page)?.[1]
      const read = z.fromJSONSchema(jsonSchemaOf(kind) as z.core.JSONSchema.JSONSchema)
      // A section of which all is commented out is null to YAML, and nothing to rauth.
      const value: unknown = JSON.parse(
        JSON.stringify(parse(text ?? assert.fail(file))),
        (_, one: unknown) => (one === null ? undefined : one),
      )
      const parsed = read.safeParse(value)
      assert.deepEqual(parsed.error?.issues, undefined, file)
    }
  })
})
