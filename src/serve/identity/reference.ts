import { createHmac, type KeyObject } from 'node:crypto'
import type { Identity } from '../../config/identity-schema.ts'
import type { CredentialReference } from '../../subject.ts'

const ASKED = ['command', 'http', 'oidc', 'ldap', 'serviceAccounts'] as const

/**
 * Keys of a source that say how it is asked, and not who somebody is. All others count, so that one that is
 * not thought of here ends a token too often and never too seldom.
 */
const TUNING: ReadonlySet<string> = new Set([
  ...['timeout', 'concurrency', 'remember', 'leeway'],
  // Where files are: what is in them is read anew anyway, and elsewhere on another machine.
  ...['authority', 'jwks'],
])

/** What tokens name a source by: one that would say otherwise who somebody is, is another. */
export function referenceOf(
  bindingKey: KeyObject,
  source: Identity[number],
): CredentialReference | undefined {
  const id = ASKED.find((kind) => source[kind] !== undefined)
  if (id === undefined) return undefined
  const generation = createHmac('sha256', bindingKey)
    .update(`identity ${JSON.stringify({ [id]: decisiveOf(source[id] ?? {}) })}`)
    .digest('base64url')
    .slice(0, 16)
  return { id, generation }
}

/** Without what is tuning, at the top alone: further down are names that others gave. */
function decisiveOf(source: object): object {
  const entries = Object.entries(source).filter(([key]) => !TUNING.has(key))
  return Object.fromEntries(
    entries.map(([key, value]: [string, unknown]) => [key, key === 'bind' ? dnOf(value) : value]),
  )
}

/** Of whoever searches a directory its name: a password says nothing of what is found. */
function dnOf(bind: unknown): unknown {
  return typeof bind === 'object' && bind !== null && 'dn' in bind ? bind.dn : bind
}
