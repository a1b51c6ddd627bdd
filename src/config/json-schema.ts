import { z } from 'zod'
import { casesSchema } from './policy-cases.ts'
import { policySchema } from './policy-schema.ts'
import { schema } from './schema.ts'
import { usersSchema } from './users-schema.ts'

/** The files that people write, by what they are called. */
export const FILES = {
  config: { schema, title: 'Configuration of rauth' },
  policy: { schema: policySchema, title: 'Policy of rauth' },
  users: { schema: usersSchema, title: 'Users of rauth' },
  cases: { schema: casesSchema, title: 'Cases for rauth policy test' },
} as const

export type FileKind = keyof typeof FILES

/**
 * A JSON Schema of a file, for editors: which keys there are and what they mean. Whether a value is good
 * says rauth check-config; a schema can't tell of an address or a pattern.
 */
export function jsonSchemaOf(kind: FileKind): object {
  const { schema: file, title } = FILES[kind]
  // Editors of YAML know this draft best.
  const made = z.toJSONSchema(file, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
  return { ...made, title }
}
