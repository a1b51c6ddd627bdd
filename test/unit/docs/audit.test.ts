import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { LOGIN_CAUSES } from '../../../src/login-cause.ts'
import { ROUTE_NAMES } from '../../../src/route-name.ts'

/** The pages, from dist/test/unit/docs. */
const DOCS = path.resolve(import.meta.dirname, '../../../../docs')

interface Schema {
  readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>>
}

describe('docs/audit.md', () => {
  const page = readFileSync(path.join(DOCS, 'audit.md'), 'utf8')
  const schema = readFileSync(path.join(DOCS, 'audit.schema.json'), 'utf8')
  const { properties } = JSON.parse(schema) as Schema

  it('has a row for each field that a line may have, and no other', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\|/gm)]
    assert.deepEqual(
      rows.map(([, field]) => field),
      Object.keys(properties),
    )
  })

  it('names every value of a field that is one of few', () => {
    for (const [field, { enum: values = [] }] of Object.entries(properties)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${field}\``)) ?? ''
      for (const value of values) assert.ok(row.includes(`\`${value}\``), `${field}: ${value}`)
    }
    assert.deepEqual(properties['route']?.enum, ROUTE_NAMES)
    const causes = page.split('\n').find((line) => line.startsWith('| `cause`')) ?? ''
    for (const cause of LOGIN_CAUSES) assert.ok(causes.includes(`\`${cause}\``), cause)
  })
})
