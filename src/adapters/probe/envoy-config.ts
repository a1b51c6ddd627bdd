import { RauthError } from '../../errors.ts'
import { isMapping, type Mapping } from '../../mapping.ts'
import { readForeignYaml } from '../../yaml/foreign.ts'

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

const AUTHORIZER = /\.http\.ext_authz\.v3\.ExtAuthz$/
const VERIFIER = /\.http\.jwt_authn\.v3\.JwtAuthentication$/
const COMPARER = /\.http\.rbac\.v3\.RBAC$/

/** The filters in a configuration, YAML or JSON, or in what `/config_dump` of Envoy prints. Throws ERR_CONFIG_INVALID for what is neither. */
export function authorizationFilters(text: string): readonly AuthorizationFilter[] {
  return messagesIn(documentOf(text), AUTHORIZER).map((one) => ({
    failureModeAllow: isOn(one['failure_mode_allow']),
    buffersBodies: one['with_request_body'] !== undefined,
  }))
}

/** The same of the fast lane (docs/fast-lane.md). None: it is not there, or not all three of its filters are. */
export function laneProviders(text: string): readonly LaneProvider[] {
  const document = documentOf(text)
  const isPassedOver = messagesIn(document, AUTHORIZER).some(
    (one) => one['filter_enabled_metadata'] !== undefined,
  )
  const isCompared = messagesIn(document, COMPARER).some(
    (one) => one['shadow_rules_stat_prefix'] === 'lane_',
  )
  if (!isPassedOver || !isCompared) return []
  return messagesIn(document, VERIFIER)
    .flatMap(({ providers }) => Object.values(isMapping(providers) ? providers : {}))
    .filter(isMapping)
    .map(({ issuer, audiences }) => ({
      issuer: textOf(issuer),
      audiences: Array.isArray(audiences) ? audiences.map(textOf) : [],
    }))
}

/** By whatever Envoy takes for it: it reads a text as well. */
function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 'false'
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** All messages of a type, wherever they stand, with their fields by the names that Envoy prints. */
function messagesIn(document: unknown, type: RegExp): readonly Mapping[] {
  const found: Mapping[] = []
  // An alias may stand for what it is in.
  const seen = new Set<unknown>()
  const left = [document]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    const inside = Object.values(value)
    for (const one of inside.reverse()) left.push(one)
    if (isMapping(value) && type.test(textOf(value['@type']))) found.push(printed(value))
  }
  return found
}

/** Envoy takes failureModeAllow for failure_mode_allow, as all JSON of protobuf does. */
function printed(message: Mapping): Mapping {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [snake(name), value]))
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // YAML, then.
  }
  const read = readForeignYaml(text)
  if ('value' in read) return read.value
  throw notEnvoys(read.flaw)
}

function notEnvoys(why: string): RauthError {
  const message = `the configuration of Envoy is neither YAML nor JSON (${why}); next: name that which Envoy was started with`
  return new RauthError('ERR_CONFIG_INVALID', message)
}
