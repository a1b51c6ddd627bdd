import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/** The schema that users are given, from dist/test/support. */
const SCHEMA = path.resolve(import.meta.dirname, '../../../docs/audit.schema.json')

const line = z.fromJSONSchema(
  JSON.parse(readFileSync(SCHEMA, 'utf8')) as z.core.JSONSchema.JSONSchema,
)

export type AuditLine = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly outcome: string
}

/** The lines of decisions in a text of lines, each of which must be as docs/audit.md says; one that is not whole yet is left out. */
export function auditLines(text: string): readonly AuditLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((one) => one.startsWith('{'))
    .map((one) => JSON.parse(one) as AuditLine & { readonly msg?: unknown })
    .filter(({ msg }) => msg === 'decision')
    .map((one) => {
      const { error } = line.safeParse(one)
      assert.equal(error, undefined, `${JSON.stringify(one)}: ${error?.message ?? ''}`)
      return one
    })
}
