import type { JWTPayload } from 'jose'
import type { Access, ResourceActions } from '../registry/access.ts'
import type { CredentialReference } from '../subject.ts'

/**
 * The claims of an access token. On the wire: `iss sub aud exp nbf iat jti access` of the
 * distribution token specification, and one private claim `rauth` = `{ns: string[], cred: [[id,
 * generation], …]}` with what the gateway needs to ask the policy again.
 */
export interface ClaimSet {
  readonly issuer: string
  readonly subject: string
  /** One service: the specification knows no audience list. */
  readonly audience: string
  /** Seconds since the epoch, whole. */
  readonly expiresAt: number
  readonly notBefore: number
  readonly issuedAt: number
  readonly id: string
  readonly access: Access
  readonly namespaces: readonly string[]
  readonly credentials: readonly CredentialReference[]
}

/** A user name may be as long as Basic credentials can carry it, so `sub` may too. */
const MAX_TEXT = 4096
const MAX_ACCESS = 64
const MAX_ACTIONS = 16
const MAX_HOLDERS = 256

export function claimsToPayload(claims: ClaimSet): JWTPayload {
  return {
    iss: claims.issuer,
    sub: claims.subject,
    aud: claims.audience,
    exp: claims.expiresAt,
    nbf: claims.notBefore,
    iat: claims.issuedAt,
    jti: claims.id,
    access: claims.access.map(({ type, name, actions }) => ({ type, name, actions })),
    rauth: {
      ns: claims.namespaces,
      cred: claims.credentials.map(({ id, generation }) => [id, generation]),
    },
  }
}

/**
 * A payload → claims, if it is exactly what {@link claimsToPayload} makes: every claim there, no
 * other, each of its type and within its bound. Parsed, never cast.
 */
export function parseClaims(payload: unknown): ClaimSet | undefined {
  const top = record(payload, ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'access', 'rauth'])
  const holder = record(top?.['rauth'], ['ns', 'cred'])
  if (top === undefined || holder === undefined) return undefined
  const issuer = text(top['iss'])
  const subject = text(top['sub'])
  const audience = text(top['aud'])
  const expiresAt = instant(top['exp'])
  const notBefore = instant(top['nbf'])
  const issuedAt = instant(top['iat'])
  const id = text(top['jti'])
  const access = list(top['access'], MAX_ACCESS, resource)
  const namespaces = list(holder['ns'], MAX_HOLDERS, text)
  const credentials = list(holder['cred'], MAX_HOLDERS, reference)
  if (
    issuer === undefined ||
    subject === undefined ||
    audience === undefined ||
    expiresAt === undefined ||
    notBefore === undefined ||
    issuedAt === undefined ||
    id === undefined ||
    access === undefined ||
    namespaces === undefined ||
    credentials === undefined
  ) {
    return undefined
  }
  return {
    ...{ issuer, subject, audience, expiresAt, notBefore, issuedAt, id },
    ...{ access, namespaces, credentials },
  }
}

/** An object with exactly these own keys. */
function record(value: unknown, keys: readonly string[]): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const own = Object.keys(value)
  const exact = own.length === keys.length && keys.every((key) => Object.hasOwn(value, key))
  return exact ? (value as Record<string, unknown>) : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : undefined
}

function instant(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

function list<T>(
  value: unknown,
  limit: number,
  parse: (item: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > limit) return undefined
  const items = value.map(parse)
  return items.every((item) => item !== undefined) ? items : undefined
}

function resource(value: unknown): ResourceActions | undefined {
  const own = record(value, ['type', 'name', 'actions'])
  const type = text(own?.['type'])
  const name = text(own?.['name'])
  const actions = list(own?.['actions'], MAX_ACTIONS, text)
  if (type === undefined || name === undefined || actions === undefined) return undefined
  return { type, name, actions }
}

function reference(value: unknown): CredentialReference | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const id = text(value[0])
  const generation = text(value[1])
  return id === undefined || generation === undefined ? undefined : { id, generation }
}
