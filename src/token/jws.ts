import { accepted, refused, type Result } from '../refusal.ts'
import { splitCompact } from '../compact-jws.ts'
import type { KeySet, SigningKey, VerificationKey } from './key-set.ts'
import { isSignatureOf, signatureOf } from './signature.ts'

/** A header of ours, beside the `alg` and `kid` that the key brings. */
export interface JwsHeader {
  readonly typ: string
  readonly x5c?: readonly string[]
}

/** A payload → the compact JWS that {@link openJws} opens. */
export async function signJws(
  { typ, x5c }: JwsHeader,
  payload: object,
  key: SigningKey,
): Promise<string> {
  const header = { alg: key.algorithm, typ, kid: key.kid, ...(x5c === undefined ? {} : { x5c }) }
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${await signatureOf(key, Buffer.from(signed, 'ascii'))}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url')
}

const HEADER = ['alg', 'typ', 'kid', 'x5c']

export interface OpenOptions {
  readonly keys: KeySet
  /** `typ` of the header, exactly: what one kind of token says, no other kind can (RFC 8725 §3.11). */
  readonly type: string
}

export interface OpenedJws {
  /** What was signed, still to be parsed. */
  readonly payload: unknown
  readonly key: VerificationKey
}

/**
 * A compact JWS → what it says, if it is as rauth's own issuer spells it and signed with a key of
 * ours: one spelling of each part, a closed header, the one algorithm of the key that `kid` names.
 */
export function openJws(token: string, { keys, type }: OpenOptions): Result<OpenedJws> {
  const parts = splitCompact(token)
  if (parts === undefined) return invalid('spelling')
  const { header, payload, signature } = parts
  const key = readHeader(header, type, keys)
  if (!key.ok) return key
  const signed = Buffer.from(`${header}.${payload}`, 'ascii')
  if (!isSignatureOf(key.value, signed, signature)) return invalid('signature')
  return accepted({ payload: parseJson(payload), key: key.value })
}

function invalid(detail: string) {
  return refused('token_invalid', { detail })
}

/** The key that the header's `kid` names, if all the rest of the header is as that key's would be. */
function readHeader(part: string, type: string, keys: KeySet): Result<VerificationKey> {
  const header = parseJson(part)
  if (typeof header !== 'object' || header === null) return invalid('header')
  const { alg, typ, kid, x5c } = header as Readonly<Record<string, unknown>>
  if (!Object.keys(header).every((name) => HEADER.includes(name))) return invalid('header')
  if (typ !== type || typeof kid !== 'string') return invalid('header')
  const key = keys.find(kid)
  if (key === undefined) return invalid('key unknown')
  if (alg !== key.algorithm) return invalid('algorithm')
  if (x5c !== undefined && JSON.stringify(x5c) !== JSON.stringify(key.chain)) return invalid('x5c')
  return accepted(key)
}

/**
 * JSON exactly as the issuer writes it: no second spelling, so no duplicate key, no byte order mark
 * and no number that reads differently elsewhere. Bytes are compared, not texts: what is not UTF-8
 * would read as U+FFFD.
 */
function parseJson(part: string): unknown {
  const bytes = Buffer.from(part, 'base64url')
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return Buffer.from(JSON.stringify(value)).equals(bytes) ? value : undefined
  } catch {
    return undefined
  }
}
