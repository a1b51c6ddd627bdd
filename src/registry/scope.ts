import { accepted, refused, type Result } from '../refusal.ts'
import { mergeAccess, type Access, type ResourceActions } from './access.ts'

const MAX_SCOPES = 32
const MAX_SCOPE = 512
/** Actions on one resource, however many scopes name them: a token with more is not readable. */
const MAX_ACTIONS = 16

/** `type` or `type(class)`; the class is deprecated and dropped. */
const TYPE = /^([a-z0-9]+)(?:\([a-z0-9]+\))?$/
const NAME = /^[\x21-\x7e]+$/
const ACTION = /^(?:[a-z]+|\*)$/

/** Why a text is no scope: for the log, without any of the text. */
type Flaw = 'too long' | 'fewer than two colons' | 'type' | 'name' | 'actions'

/**
 * One scope: `type:name:action[,action]` (distribution, "Token Scope Documentation"). The name may
 * hold colons itself, as in `localhost:5000/app`: it ends at the last one.
 */
function parseScope(text: string): ResourceActions | Flaw {
  if (text.length > MAX_SCOPE) return 'too long'
  const first = text.indexOf(':')
  const last = text.lastIndexOf(':')
  if (first === last) return 'fewer than two colons'
  const type = TYPE.exec(text.slice(0, first))?.[1]
  const name = text.slice(first + 1, last)
  const actions = text.slice(last + 1).split(',')
  if (type === undefined) return 'type'
  if (!NAME.test(name)) return 'name'
  if (!actions.every((one) => ACTION.test(one))) return 'actions'
  return { type, name, actions }
}

/** Scopes as clients send them: repeated, joined by spaces, or both. One bad scope refuses all. */
export function parseScopes(values: readonly string[]): Result<Access> {
  const texts = values.flatMap((value) => value.split(' ')).filter((text) => text !== '')
  const bad = (detail: string) => refused('scope_malformed', { detail })
  if (texts.length > MAX_SCOPES) return bad('too many scopes')
  const parsed: ResourceActions[] = []
  for (const [index, text] of texts.entries()) {
    const scope = parseScope(text)
    if (typeof scope === 'string') return bad(`scope ${index + 1} of ${texts.length}: ${scope}`)
    parsed.push(scope)
  }
  const access = mergeAccess(parsed)
  const tooMany = access.some(({ actions }) => actions.length > MAX_ACTIONS)
  return tooMany ? bad('too many actions on one resource') : accepted(access)
}

/** Access in scope grammar, joined by spaces. */
export function formatScope(access: Access): string {
  return access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ')
}
