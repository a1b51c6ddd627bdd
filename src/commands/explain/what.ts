import { existsSync } from 'node:fs'
import { readCheckJson } from '../../adapters/ext-authz/check-json.ts'
import type { CheckRequest } from '../../adapters/ext-authz/attributes.ts'
import { parseScopes } from '../../registry/scope.ts'
import type { Access } from '../../registry/access.ts'
import { readUnverified } from '../../token/unverified.ts'
import { readInput } from '../asking/input.ts'
import { usage } from '../asking/usage.ts'

/** What is to be explained. */
export type What =
  | { readonly kind: 'scope'; readonly requested: Access }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'check'; readonly request: CheckRequest }
  | { readonly kind: 'decision'; readonly id: string }

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What words, files or stdin (`-`) hold, told by how it looks. Anything else is ERR_USAGE. */
export async function readWhat(words: readonly string[]): Promise<What> {
  const [word = '', ...more] = words
  if (more.length > 0) return scopeOf(words)
  if (word === '-' || existsSync(word)) return whatOf((await readInput(word)).trim(), word)
  return whatOf(word, undefined)
}

function whatOf(text: string, file: string | undefined): What {
  if (UUID.test(text)) return { kind: 'decision', id: text }
  const token = text.replace(/^Bearer /i, '')
  if (readUnverified(token) !== undefined) return { kind: 'token', token }
  const request = text.startsWith('{') ? readCheckJson(text) : undefined
  if (request !== undefined) return { kind: 'check', request }
  if (file === undefined || text.split(':').length > 2) return scopeOf(text.split(/\s+/))
  throw usage(`${file} has neither a CheckRequest in JSON, a token, a scope nor a decision id`)
}

function scopeOf(texts: readonly string[]): What {
  const requested = parseScopes(texts)
  if (requested.ok && requested.value.length > 0)
    return { kind: 'scope', requested: requested.value }
  throw usage(
    `${JSON.stringify(texts.join(' '))} is no file, no token, no decision id and no scope, such as ` +
      'repository:team-a/app:pull,push; of an image’s name: rauth can-i pull team-a/app:v1',
  )
}
