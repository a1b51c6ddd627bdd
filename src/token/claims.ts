import type { Access, ResourceActions } from '../registry/access.ts'
import type { ToldCredential } from '../subject.ts'
import { formatDecided, parseDecided } from './decided.ts'
import { parseFastLane, type FastLane } from './fast-lane.ts'
import { instant, list, mapping, MAX_ACTIONS, MAX_HOLDERS, names, record, text } from './payload.ts'
import { formatTold, told } from './told.ts'

/**
 * The claims of an access token. On the wire: `iss sub aud exp nbf iat jti access` of the
 * distribution token specification, and one private claim `rauth` = `{ns: string[], cred: [[id,
 * generation], …]}` with what the gateway needs to ask the policy again. A credential that was vouched
 * for has a third part, the holder (told.ts). Where not only rules decided it has `dec` as well: of each resource
 * of `access` the actions that somebody else allowed; and where Envoy may let reads pass by itself, `lane`
 * (fast-lane.ts).
 *
 * A token without credentials is an anonymous one: then it has no subject and no namespace either,
 * and any other has a subject.
 */
export interface ClaimSet {
  readonly issuer: string
  /** Empty in an anonymous token, as the specification has it. */
  readonly subject: string
  /** One service: the specification knows no audience list. */
  readonly audience: string
  /** Seconds since the epoch, whole. */
  readonly expiresAt: number
  readonly notBefore: number
  readonly issuedAt: number
  readonly id: string
  readonly access: Access
  /** Of it, what a decider besides the rules allowed; without: nothing. */
  readonly decided?: Access
  readonly namespaces: readonly string[]
  readonly credentials: readonly ToldCredential[]
  /** What Envoy may decide by itself; without: nothing. */
  readonly fastLane?: FastLane
}

const MAX_ACCESS = 64
const NONE: Access = []

export function claimsToPayload(claims: ClaimSet) {
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
      cred: claims.credentials.map(formatTold),
      ...(claims.decided !== undefined && { dec: formatDecided(claims.access, claims.decided) }),
      ...(claims.fastLane !== undefined && { lane: claims.fastLane }),
    },
  }
}

/**
 * A payload → claims, if it is exactly what {@link claimsToPayload} makes: every claim there, no
 * other, each of its type and within its bound. Parsed, never cast.
 */
export function parseClaims(payload: unknown): ClaimSet | undefined {
  const top = record(payload, ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'access', 'rauth'])
  const own = mapping(top?.['rauth'])
  const extra = ['dec', 'lane'].filter((key) => own !== undefined && Object.hasOwn(own, key))
  const holder = record(own, ['ns', 'cred', ...extra])
  if (top === undefined || holder === undefined) return undefined
  const issuer = text(top['iss'])
  const subject = top['sub'] === '' ? '' : text(top['sub'])
  const audience = text(top['aud'])
  const expiresAt = instant(top['exp'])
  const notBefore = instant(top['nbf'])
  const issuedAt = instant(top['iat'])
  const id = text(top['jti'])
  const access = list(top['access'], MAX_ACCESS, resource)
  const namespaces = names(holder['ns'])
  const credentials = list(holder['cred'], MAX_HOLDERS, told)
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
  const decided = Object.hasOwn(holder, 'dec') ? parseDecided(holder['dec'], access) : NONE
  const fastLane = Object.hasOwn(holder, 'lane') ? parseFastLane(holder['lane']) : null
  if (decided === undefined || fastLane === undefined) return undefined
  const anonymous = credentials.length === 0
  if (anonymous ? subject !== '' || namespaces.length > 0 : subject === '') return undefined
  return {
    ...{ issuer, subject, audience, expiresAt, notBefore, issuedAt, id },
    ...{ access, namespaces, credentials },
    ...(decided === NONE ? {} : { decided }),
    ...(fastLane === null ? {} : { fastLane }),
  }
}

function resource(value: unknown): ResourceActions | undefined {
  const own = record(value, ['type', 'name', 'actions'])
  const type = text(own?.['type'])
  const name = text(own?.['name'])
  const actions = list(own?.['actions'], MAX_ACTIONS, text)
  if (type === undefined || name === undefined || actions === undefined) return undefined
  return { type, name, actions }
}
