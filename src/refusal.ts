import type { LoginCause } from './login-cause.ts'

/**
 * Refusals: every way in which rauth says no. A refusal is a value, returned and never thrown, and
 * its reason is the same word in the HTTP answer, the gRPC answer, the log and the metrics.
 */

/** Of google.rpc.Code what rauth says, in a CheckResponse or as the status of a call. */
export const GRPC = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

interface RefusalKind {
  /** HTTP status of the answer. */
  readonly http: number
  /** google.rpc.Code of the CheckResponse. */
  readonly grpc: Exclude<(typeof GRPC)[keyof typeof GRPC], typeof GRPC.OK>
  /** Error code of the distribution API (OCI distribution-spec, "Error Codes"). */
  readonly code:
    | 'UNAUTHORIZED'
    | 'DENIED'
    | 'UNSUPPORTED'
    | 'NAME_INVALID'
    | 'DIGEST_INVALID'
    | 'NOT_FOUND'
    | 'TOOMANYREQUESTS'
    | 'PAGINATION_NUMBER_INVALID'
    | 'UNAVAILABLE'
  /** `error` of the Bearer challenge, RFC 6750 §3.1. */
  readonly bearer?: 'invalid_token' | 'insufficient_scope'
  /** `error` of an OAuth answer, RFC 6749 §5.2. */
  readonly oauth:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'invalid_scope'
    | 'unsupported_grant_type'
    | 'temporarily_unavailable'
  /** Level of the log line. */
  readonly level: 'info' | 'warn' | 'error'
  /** What the client is told: what is wrong and, where it helps, what to do next. */
  readonly message: string
}

const REFUSALS = {
  credentials_missing: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_client',
    level: 'info',
    message: "authentication required: log in with a namespace's registry credentials",
  },
  credentials_malformed: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_request',
    level: 'info',
    message:
      'the Authorization header must be Basic with base64 of "username:password" in UTF-8, sent once',
  },
  credentials_invalid: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_client',
    level: 'info',
    message: 'incorrect username or password',
  },
  // RFC 6749 §5.2 has 400 for this error; registry clients take nothing but 401 for "log in again".
  refresh_token_invalid: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_grant',
    level: 'info',
    message: 'the refresh token is not valid here: log in with user name and password',
  },
  too_many_failures: {
    http: 429,
    grpc: GRPC.RESOURCE_EXHAUSTED,
    code: 'TOOMANYREQUESTS',
    oauth: 'temporarily_unavailable',
    level: 'info',
    message:
      'too many failed logins from your network: wait, and log in with the right credentials',
  },
  credentials_conflicting: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the Authorization header and the form name different credentials: send one of them',
  },
  credentials_in_query: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message:
      'no credentials in the query, which logs keep: send them in the Authorization header, and change this password',
  },
  service_unknown: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message:
      'unknown or missing service: ask for the service that the WWW-Authenticate challenge of the registry names',
  },
  scope_malformed: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_scope',
    level: 'info',
    message: 'malformed scope: expected type:name:action[,action], at most 32 of them',
  },
  request_malformed: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'malformed request',
  },
  client_address_missing: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the proxy in front does not say who asks: it must set the header that is configured',
  },
  parameters_malformed: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message:
      'malformed parameters: escapes must be two hex digits of UTF-8, and all but scope may come only once',
  },
  form_incomplete: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message:
      'the form must have grant_type, and username and password, or refresh_token; the query must be empty',
  },
  form_type_unsupported: {
    http: 415,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'send the form as application/x-www-form-urlencoded, in UTF-8 and not compressed',
  },
  grant_type_unsupported: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'unsupported_grant_type',
    level: 'info',
    message: 'the grant_type must be password or refresh_token',
  },
  headers_too_large: {
    http: 431,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'request line or headers too large',
  },
  request_timeout: {
    http: 408,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the request did not arrive in time',
  },
  request_too_large: {
    http: 413,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'request too large: send less, and ask for fewer scopes at once',
  },
  not_found: {
    http: 404,
    grpc: GRPC.NOT_FOUND,
    code: 'NOT_FOUND',
    oauth: 'invalid_request',
    level: 'info',
    message: 'no such page here: tokens are at /token',
  },
  method_unsupported: {
    http: 405,
    grpc: GRPC.UNIMPLEMENTED,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'this method is not supported here',
  },
  token_missing: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_client',
    level: 'info',
    message: 'authentication required',
  },
  authorization_malformed: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the Authorization header must be "Bearer" and one token, sent once',
  },
  token_invalid: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    bearer: 'invalid_token',
    oauth: 'invalid_client',
    level: 'info',
    message: 'the token is not valid here: fetch a new one',
  },
  credential_revoked: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    bearer: 'invalid_token',
    oauth: 'invalid_client',
    level: 'info',
    message:
      'the credential behind this token was changed or removed, or has ended: log in with the current one',
  },
  scope_insufficient: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    bearer: 'insufficient_scope',
    oauth: 'invalid_scope',
    level: 'info',
    message: 'the token does not hold the access that this request needs: fetch one that does',
  },
  login_required: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    bearer: 'insufficient_scope',
    oauth: 'invalid_scope',
    level: 'info',
    message: "authentication required: log in with a namespace's registry credentials",
  },
  mount_denied: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    // No error parameter: after `insufficient_scope` containerd 1.x gives the push up.
    oauth: 'invalid_scope',
    level: 'info',
    message: 'your credentials are not for the repository to mount from: upload the blob instead',
  },
  mount_unremovable: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    code: 'UNAUTHORIZED',
    // As for mount_denied: what clients do after it is to upload.
    oauth: 'invalid_scope',
    level: 'info',
    message:
      'a mount must name its source, since the proxy here cannot take it away: upload the blob instead',
  },
  access_denied: {
    http: 403,
    grpc: GRPC.PERMISSION_DENIED,
    code: 'DENIED',
    oauth: 'invalid_scope',
    level: 'info',
    message:
      'requested access to the resource is denied: your credentials are for other repositories or actions',
  },
  path_invalid: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the path is not in canonical form: send it without escapes, empty or dot segments',
  },
  name_invalid: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'NAME_INVALID',
    oauth: 'invalid_request',
    level: 'info',
    message: 'invalid repository name',
  },
  reference_invalid: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'DIGEST_INVALID',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the reference is neither a tag nor a digest',
  },
  route_unknown: {
    http: 404,
    grpc: GRPC.NOT_FOUND,
    code: 'NOT_FOUND',
    oauth: 'invalid_request',
    level: 'info',
    message: 'not a path of the registry API',
  },
  query_invalid: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'the query is not one that this path of the registry API takes',
  },
  body_type_unsupported: {
    http: 415,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'UNSUPPORTED',
    oauth: 'invalid_request',
    level: 'info',
    message: 'send upload bodies as application/octet-stream; form bodies are not accepted here',
  },
  page_size_invalid: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    code: 'PAGINATION_NUMBER_INVALID',
    oauth: 'invalid_request',
    level: 'info',
    message: 'n must be a whole number from 0 to 1000',
  },
  catalog_closed: {
    http: 403,
    grpc: GRPC.PERMISSION_DENIED,
    code: 'DENIED',
    oauth: 'invalid_scope',
    level: 'info',
    message: 'the catalog is closed here: no credentials open it',
  },
  catalog_busy: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'warn',
    message: 'too many catalogs are listed at once: try again in a few seconds',
  },
  tag_immutable: {
    http: 403,
    grpc: GRPC.PERMISSION_DENIED,
    code: 'DENIED',
    oauth: 'invalid_scope',
    level: 'info',
    message: 'the tag is written once only, and here it is already: push another tag',
  },
  content_immutable: {
    http: 403,
    grpc: GRPC.PERMISSION_DENIED,
    code: 'DENIED',
    oauth: 'invalid_scope',
    level: 'info',
    message: 'here are tags that are written once only: nothing that they may need is deleted',
  },
  tag_unclear: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'warn',
    message: 'the registry does not say whether the tag is there: try again in a few seconds',
  },
  registry_unavailable: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'warn',
    message: 'the registry gave no catalog: try again in a few seconds',
  },
  not_ready: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'warn',
    message: 'the credentials are not loaded yet: try again in a few seconds',
  },
  identity_unavailable: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'warn',
    message: 'who you are cannot be checked right now: try again in a few seconds',
  },
  policy_unavailable: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'error',
    message: 'what you may do cannot be told right now: try again in a few seconds',
  },
  passwords_busy: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'warn',
    message: 'too many passwords are being checked: try again in a few seconds',
  },
  unrecorded: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'error',
    message: 'rauth cannot record what it decides, so it decides nothing: try again later',
  },
  internal: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    code: 'UNAVAILABLE',
    oauth: 'temporarily_unavailable',
    level: 'error',
    message: 'rauth could not decide: try again, and see its log for this decision id',
  },
} as const satisfies Record<string, RefusalKind>

/** Why rauth says no: a closed set of stable codes. */
export type Reason = keyof typeof REFUSALS

export const REASONS = Object.keys(REFUSALS) as readonly Reason[]

export interface Refusal {
  readonly reason: Reason
  /** For the log only, never for the client. Holds no secret and no raw client bytes. */
  readonly detail?: string
  /** Of a login: what the detail has words for. For the record alone, as that. */
  readonly cause?: LoginCause
  /** Of `access_denied`: the words of the rule that denied, for the client. */
  readonly told?: string
  /** The scope that a better token needs, in scope grammar; goes into the Bearer challenge. */
  readonly scope?: string
  /** Of `method_unsupported`: the methods that are supported there (RFC 9110 §15.5.6). */
  readonly allow?: readonly string[]
  /** Of `passwords_busy` and `identity_unavailable`: some passwords were looked at, and fit not: it counts as a guess. */
  readonly guessed?: boolean
  /** Of `too_many_failures`: seconds until another attempt is looked at (RFC 9110 §10.2.3). */
  readonly retryAfter?: number
}

/** What the given reason means on each wire. */
export function refusalKind(reason: Reason): RefusalKind {
  return REFUSALS[reason]
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

export function accepted<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refused(
  reason: Reason,
  extra: Omit<Refusal, 'reason'> = {},
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { reason, ...extra } }
}
