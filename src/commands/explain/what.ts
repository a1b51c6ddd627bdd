import { existsSync } from 'node:fs'
import { readCheckJson } from '../../adapters/ext-authz/check-json.ts'
import type { CheckRequest } from '../../adapters/ext-authz/attributes.ts'
import { parseScopes } from '../../registry/scope.ts'
import type { Access } from '../../registry/access.ts'
import { visible } from '../../printable.ts'
import { readUnverified } from '../../token/unverified.ts'
import { readInput } from '../asking/input.ts'
import { readJsonText } from '../asking/json-text.ts'
import { usage } from '../asking/usage.ts'
import { flawOf } from './flaw.ts'

/** What is to be explained. */
export type What =
  | { readonly kind: 'scope'; readonly requested: Access }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'check'; readonly request: CheckRequest }
  | { readonly kind: 'decision'; readonly id: string }

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What words, a file or stdin (`-`) hold, told by how it looks. Anything else is ERR_USAGE. */
export async function readWhat(words: readonly string[]): Promise<What> {
  const [word = '', ...more] = words
  const isInput = more.length === 0 && (word === '-' || existsSync(word))
  const text = isInput ? await readInput(word) : words.join(' ')
  const what = whatOf(text.trim())
  if (what !== undefined) return what
  if (isInput) throw usage(flawOf(text, word === '-' ? 'stdin' : visible(word)))
  const file = words.find((one) => existsSync(one))
  throw usage(
    file === undefined
      ? flawOf(text, undefined)
      : `${visible(file)} is a file, and of files one is taken, alone: rauth explain FILE`,
  )
}

function whatOf(text: string): What | undefined {
  if (UUID.test(text)) return { kind: 'decision', id: text }
  const token = text.replace(/^Bearer /i, '')
  if (readUnverified(token) !== undefined) return { kind: 'token', token }
  if (text.startsWith('{')) {
    const json = readJsonText(text)
    const check = 'value' in json ? readCheckJson(json.value) : undefined
    return check !== undefined && 'request' in check
      ? { kind: 'check', request: check.request }
      : undefined
  }
  const requested = parseScopes(text.split(/\s+/))
  return requested.ok && requested.value.length > 0
    ? { kind: 'scope', requested: requested.value }
    : undefined
}
