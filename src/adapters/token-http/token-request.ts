import { parseBasic, type BasicCredentials } from '../../credentials/basic-auth.ts'
import type { Presented } from '../../identify.ts'
import type { TokenRequest } from '../../issue-token.ts'
import { Redacted } from '../../redacted.ts'
import { accepted, refused, type Result } from '../../refusal.ts'
import { parseScopes } from '../../registry/scope.ts'
import { parseForm, parseQuery, type Parameters } from './parameters.ts'

/**
 * What OAuth sends in a form and never in a URL (RFC 6749 §2.3.1, RFC 6750 §5.3): refused and not
 * ignored, so that whoever did learns of it.
 */
const CREDENTIALS = ['password', 'client_secret', 'refresh_token', 'access_token']

const NOTHING: Presented = { kind: 'nothing' }

/**
 * A GET of the token endpoint (distribution token specification, "Requesting a Token").
 * `authorization` is each Authorization header by itself: of two, which one counts would depend on
 * who reads them. Parameters that mean nothing here (`client_id`, …) are ignored.
 */
export function readTokenRequest(
  query: string,
  authorization: readonly string[],
): Result<TokenRequest> {
  const parameters = readQuery(query)
  if (!parameters.ok) return parameters
  const basic = readBasic(authorization)
  const offline = once(parameters.value, 'offline_token')
  if (!offline.ok) return offline
  return readCommon(parameters.value, offline.value === 'true', () =>
    basic.ok ? accepted(presentedBy(basic.value)) : basic,
  )
}

/**
 * A POST of it (distribution OAuth specification): everything is in the form. Credentials in a query
 * are refused, and so is any other query: a parameter in both places would be read in either.
 *
 * RFC 6749 §2.3 lets a client name itself in the Authorization header. No registry client does, and
 * rauth knows no clients: a header may only repeat the credentials of the form.
 */
export function readTokenForm(
  form: string,
  query: string,
  authorization: readonly string[],
): Result<TokenRequest> {
  const besides = readQuery(query)
  if (!besides.ok) return besides
  if (besides.value.size > 0) return refused('form_incomplete', { detail: 'a query' })
  const parsed = parseForm(form)
  if (!parsed.ok) return parsed
  const parameters = parsed.value
  const basic = readBasic(authorization)
  const access = once(parameters, 'access_type')
  if (!access.ok) return access
  const offline = once(parameters, 'offline_token')
  if (!offline.ok) return offline
  const granting = readGrant(parameters)
  const wanted =
    access.value === 'offline' ||
    offline.value === 'true' ||
    (granting.ok && granting.value.kind === 'refresh')
  return readCommon(parameters, wanted, () => {
    if (!granting.ok || authorization.length === 0) return granting
    if (!basic.ok) return basic
    const header = presentedBy(basic.value)
    return header.kind === 'nothing' || isSame(header, granting.value)
      ? granting
      : refused('credentials_conflicting')
  })
}

function readQuery(query: string): Result<Parameters> {
  const parsed = parseQuery(query)
  if (!parsed.ok) return parsed
  for (const name of parsed.value.keys()) {
    if (CREDENTIALS.includes(name.toLowerCase())) return refused('credentials_in_query')
  }
  return parsed
}

/** What both forms have, read before who asks, so that a malformed request is always told so. */
function readCommon(
  parameters: Parameters,
  offline: boolean,
  readPresented: () => Result<Presented>,
): Result<TokenRequest> {
  const service = once(parameters, 'service')
  if (!service.ok) return service
  const account = once(parameters, 'account')
  if (!account.ok) return account
  const requested = parseScopes(parameters.get('scope') ?? [])
  if (!requested.ok) return requested
  const presented = readPresented()
  if (!presented.ok) return presented
  return accepted({
    ...{ service: service.value, requested: requested.value, account: account.value },
    ...{ presented: presented.value, offline },
  })
}

/** What the form presents, by its `grant_type` (RFC 6749 §4.3.2, §6). */
function readGrant(parameters: Parameters): Result<Presented> {
  const type = required(parameters, 'grant_type')
  if (!type.ok) return type
  if (type.value === 'refresh_token') {
    const token = required(parameters, 'refresh_token')
    return token.ok ? accepted({ kind: 'refresh', token: new Redacted(token.value) }) : token
  }
  if (type.value !== 'password') return refused('grant_type_unsupported')
  const username = required(parameters, 'username')
  if (!username.ok) return username
  const password = required(parameters, 'password')
  if (!password.ok) return password
  const basic = { username: username.value, password: new Redacted(password.value) }
  return accepted({ kind: 'password', basic })
}

function readBasic(authorization: readonly string[]): Result<BasicCredentials | undefined> {
  return authorization.length > 1
    ? refused('credentials_malformed', { detail: 'more than one Authorization header' })
    : parseBasic(authorization[0])
}

/** containerd and BuildKit present a refresh token as the password of nobody. */
function presentedBy(basic: BasicCredentials | undefined): Presented {
  if (basic === undefined) return NOTHING
  return basic.username === ''
    ? { kind: 'refresh', token: basic.password }
    : { kind: 'password', basic }
}

/** Both came from the same client: comparing them tells it nothing. */
function isSame(a: Presented, b: Presented): boolean {
  if (a.kind === 'refresh' && b.kind === 'refresh') return a.token.reveal() === b.token.reveal()
  if (a.kind !== 'password' || b.kind !== 'password') return false
  return (
    a.basic.username === b.basic.username && a.basic.password.reveal() === b.basic.password.reveal()
  )
}

type Single =
  | 'service'
  | 'account'
  | 'grant_type'
  | 'username'
  | 'password'
  | 'refresh_token'
  | 'access_type'
  | 'offline_token'

/** The value of what may be given once; empty when it is not. */
function once(parameters: Parameters, name: Single): Result<string> {
  const [value = '', ...others] = parameters.get(name) ?? []
  return others.length === 0
    ? accepted(value)
    : refused('parameters_malformed', { detail: `${name} more than once` })
}

/** The value of what must be given; it may be empty. */
function required(parameters: Parameters, name: Single): Result<string> {
  return parameters.has(name)
    ? once(parameters, name)
    : refused('form_incomplete', { detail: `no ${name}` })
}
