import { parse } from 'yaml'

/** What an Envoy configuration says of whom it asks: one entry each ext_authz filter of HTTP. */
export interface AuthorizationFilter {
  /** What fails is let in. */
  readonly failureModeAllow: boolean
  /** Bodies are held back until they are there. */
  readonly buffersBodies: boolean
}

/** Whose tokens an Envoy with the fast lane looks at; one entry each provider of its jwt_authn. */
export interface LaneProvider {
  readonly issuer: string
  readonly audiences: readonly string[]
}

type Message = Readonly<Record<string, unknown>>

const AUTHORIZER = /\.http\.ext_authz\.v3\.ExtAuthz$/
const VERIFIER = /\.http\.jwt_authn\.v3\.JwtAuthentication$/
const COMPARER = /\.http\.rbac\.v3\.RBAC$/

/** The filters in a configuration, YAML or JSON, or in what `/config_dump` of Envoy prints. Throws for what is neither. */
export function authorizationFilters(text: string): readonly AuthorizationFilter[] {
  return messagesOf(text, AUTHORIZER).map((one) => ({
    failureModeAllow: one['failure_mode_allow'] === true,
    buffersBodies: one['with_request_body'] !== undefined,
  }))
}

/** The same of the fast lane (docs/fast-lane.md). None: it is not there, or not all three of its filters are. */
export function laneProviders(text: string): readonly LaneProvider[] {
  const isPassedOver = messagesOf(text, AUTHORIZER).some(
    (one) => one['filter_enabled_metadata'] !== undefined,
  )
  const isCompared = messagesOf(text, COMPARER).some(
    (one) => one['shadow_rules_stat_prefix'] === 'lane_',
  )
  if (!isPassedOver || !isCompared) return []
  return messagesOf(text, VERIFIER)
    .flatMap(({ providers }) =>
      Object.values((providers ?? {}) as Readonly<Record<string, Message>>),
    )
    .map(({ issuer, audiences }) => ({
      issuer: String(issuer),
      audiences: Array.isArray(audiences) ? audiences.map(String) : [],
    }))
}

/** All messages of a type, wherever they stand. */
function messagesOf(text: string, type: RegExp): readonly Message[] {
  const found: Message[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const one = value as Message
    if (type.test(String(one['@type']))) found.push(one)
    Object.values(one).forEach(visit)
  }
  visit(parse(text, { logLevel: 'silent' }))
  return found
}
