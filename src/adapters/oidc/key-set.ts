import { createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose'
import { messageOf, RauthError } from '../../errors.ts'
import { isMapping } from '../../mapping.ts'

/** Keys that one issuer has at a time. */
const MAX_KEYS = 100

const KINDS = ['RSA', 'EC', 'OKP']

/**
 * The text of a JWKS (RFC 7517 §5) → the keys in it that can verify; what is secret or not for signatures
 * is left out. Throws what is wrong with it.
 */
export function parseKeys(text: string): JSONWebKeySet {
  const set: unknown = JSON.parse(text)
  const keys = isMapping(set) && Array.isArray(set['keys']) ? (set['keys'] as unknown[]) : undefined
  if (keys === undefined) throw new Error('no JWKS: it must be {"keys": […]}')
  if (keys.length > MAX_KEYS) throw new Error(`more than ${MAX_KEYS} keys`)
  const good = keys.filter(isPublicForSignatures)
  if (good.length === 0) throw new Error('no public key for signatures in it')
  return { keys: good }
}

function isPublicForSignatures(key: unknown): key is JWK {
  if (!isMapping(key) || Object.hasOwn(key, 'd')) return false
  const { kty, use } = key
  return typeof kty === 'string' && KINDS.includes(kty) && (use === undefined || use === 'sig')
}

/** The keys of a JWKS file. Throws ERR_CONFIG_INVALID. */
export function readKeysFile(text: string, file: string) {
  try {
    const set = parseKeys(text)
    return { find: createLocalJWKSet(set), keys: set.keys.length }
  } catch (cause) {
    const wrong = cause instanceof SyntaxError ? 'it is no JSON' : messageOf(cause)
    throw new RauthError('ERR_CONFIG_INVALID', `JWKS file ${file} is unusable: ${wrong}`, { cause })
  }
}
